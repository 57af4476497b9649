// The same table as on the embedded API server, on the real one.
process.env['API_CONTRACT_KUBECONFIG'] = process.env['KUBECONFIG'];
await import('../contract/bad-input.test.ts');
