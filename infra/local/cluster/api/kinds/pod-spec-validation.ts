import { labelErrors, subdomainErrors } from '../meta/names.ts';
import { isRecord } from '../object.ts';
import { type Cause, fieldError } from '../status.ts';
import { type Fields, records, text } from './shape.ts';

const ENV_NAME = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/;
const QUANTITY_RESOURCES = new Set(['cpu', 'memory', 'ephemeral-storage']);

function names(list: readonly Fields[], path: string, check: (name: string) => string[]): Cause[] {
  const seen = new Set<string>();
  return list.flatMap((item, index) => {
    const name = text(item['name']);
    const field = `${path}[${index}].name`;
    if (name === '') return [fieldError.required(field)];
    const causes = check(name).map((error) => fieldError.invalid(field, name, error));
    if (seen.has(name)) causes.push(fieldError.duplicate(field, name));
    seen.add(name);
    return causes;
  });
}

function validateContainer(container: Fields, path: string, volumes: ReadonlySet<string>): Cause[] {
  const causes: Cause[] = [];
  const image = container['image'];
  if (image === undefined || image === '') causes.push(fieldError.required(`${path}.image`));
  else if (text(image) !== text(image).trim())
    causes.push(fieldError.invalid(`${path}.image`, image, 'must not have leading or trailing whitespace'));
  const policy = container['imagePullPolicy'];
  const policies = ['Always', 'IfNotPresent', 'Never'];
  if (!policies.includes(text(policy)))
    causes.push(fieldError.notSupported(`${path}.imagePullPolicy`, policy, policies));
  causes.push(
    ...validatePorts(container, path),
    ...validateEnv(container, path),
    ...validateResources(container, path),
  );
  return [...causes, ...validateMounts(container, path, volumes)];
}

function validatePorts(container: Fields, path: string): Cause[] {
  return records(container['ports']).flatMap((port, index) => {
    const number = port['containerPort'];
    const field = `${path}.ports[${index}].containerPort`;
    if (number === undefined || number === 0) return [fieldError.required(field)];
    const good = typeof number === 'number' && number > 0 && number < 65536;
    return good ? [] : [fieldError.invalid(field, number, 'must be between 1 and 65535, inclusive')];
  });
}

function validateEnv(container: Fields, path: string): Cause[] {
  return records(container['env']).flatMap((variable, index) => {
    const field = `${path}.env[${index}]`;
    const name = text(variable['name']);
    if (name === '') return [fieldError.required(`${field}.name`)];
    const causes: Cause[] = [];
    if (!ENV_NAME.test(name)) {
      const detail = "a valid environment variable name must consist only of printable ASCII characters other than '='";
      if (name.includes('=')) causes.push(fieldError.invalid(`${field}.name`, name, detail));
    }
    if (isRecord(variable['valueFrom']) && variable['value'] !== undefined) {
      causes.push(fieldError.invalid(`${field}.valueFrom`, '', 'may not be specified when `value` is not empty'));
    }
    return causes;
  });
}

function validateResources(container: Fields, path: string): Cause[] {
  const resources = isRecord(container['resources']) ? container['resources'] : {};
  return ['limits', 'requests'].flatMap((list) =>
    Object.keys(isRecord(resources[list]) ? resources[list] : {}).flatMap((name) => {
      if (QUANTITY_RESOURCES.has(name) || name.includes('/') || name.startsWith('hugepages-')) return [];
      const field = `${path}.resources.${list}[${name}]`;
      return [
        fieldError.invalid(field, name, 'must be a standard resource type or fully qualified'),
        fieldError.invalid(field, name, 'must be a standard resource for containers'),
      ];
    }),
  );
}

function validateMounts(container: Fields, path: string, volumes: ReadonlySet<string>): Cause[] {
  const paths = new Set<string>();
  return records(container['volumeMounts']).flatMap((mount, index) => {
    const field = `${path}.volumeMounts[${index}]`;
    const causes: Cause[] = [];
    if (!mount['name']) causes.push(fieldError.required(`${field}.name`));
    else if (!volumes.has(text(mount['name']))) causes.push(fieldError.notFound(`${field}.name`, mount['name']));
    const mountPath = text(mount['mountPath']);
    if (mountPath === '') causes.push(fieldError.required(`${field}.mountPath`));
    if (paths.has(mountPath)) causes.push(fieldError.invalid(`${field}.mountPath`, mountPath, 'must be unique'));
    paths.add(mountPath);
    return causes;
  });
}

/** What matters of core validation's ValidatePodSpec. `restartPolicies` are those the kind allows. */
export function validatePodSpec(
  spec: Fields,
  path: string,
  restartPolicies: readonly string[] = ['Always', 'OnFailure', 'Never'],
): Cause[] {
  const volumes = records(spec['volumes']);
  const volumeNames = new Set(volumes.map(({ name }) => text(name)));
  const containers = records(spec['containers']);
  const init = records(spec['initContainers']);
  const causes = names(volumes, `${path}.volumes`, labelErrors);
  if (containers.length === 0) causes.push(fieldError.required(`${path}.containers`));
  causes.push(...names(containers, `${path}.containers`, labelErrors));
  for (const [index, container] of containers.entries())
    causes.push(...validateContainer(container, `${path}.containers[${index}]`, volumeNames));
  causes.push(...names(init, `${path}.initContainers`, labelErrors));
  for (const [index, container] of init.entries())
    causes.push(...validateContainer(container, `${path}.initContainers[${index}]`, volumeNames));
  const policy = text(spec['restartPolicy']);
  if (!restartPolicies.includes(policy))
    causes.push(fieldError.notSupported(`${path}.restartPolicy`, policy, restartPolicies));
  const dns = ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'];
  if (!dns.includes(text(spec['dnsPolicy'])))
    causes.push(fieldError.notSupported(`${path}.dnsPolicy`, spec['dnsPolicy'], dns));
  const account = text(spec['serviceAccountName']);
  if (account !== '')
    causes.push(
      ...subdomainErrors(account).map((error) => fieldError.invalid(`${path}.serviceAccountName`, account, error)),
    );
  return causes;
}
