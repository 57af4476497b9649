// The same as on the embedded API server, on the real one: it evaluates the match conditions itself.
process.env['API_CONTRACT_KUBECONFIG'] = process.env['KUBECONFIG'];
await import('../contract/lending.test.ts');
