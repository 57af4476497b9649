import { NODE_FLAGS, RELAY_ENVIRONMENT } from '../bundle/bundle.ts';

/** One image: a program of `dist/` on the Node base image, with the data files it reads. */
export interface Image {
  name: string;
  /** Below `/app` in the image. */
  entry: string;
  /** From the project's root, to below `/app`. */
  files: Record<string, string>;
  env: Record<string, string>;
  /** Of Node. */
  flags?: string[];
  /** What commands of a skill need beside Node. */
  tools?: Tools;
}

export interface Tools {
  /** Of Debian. */
  packages: readonly string[];
  kubectl?: true;
}

/** Of every image with tools: from the project's root, to below `/`. */
export const TOOL_FILES: Readonly<Record<string, string>> = {
  'infra/images/tool-executor.sh': 'usr/local/bin/tool-executor.sh',
  'infra/images/gitconfig': 'etc/gitconfig',
};

/** Run as nobody in particular: the chart's and the runs' pods set their own user. */
export const USER = '65532:65532';

const bundleMark = { 'dist/package.json': 'package.json' };

const pod = (name: string): Image => ({
  name,
  entry: `${name}.js`,
  files: { ...bundleMark, [`dist/pods/${name}.js`]: `${name}.js` },
  env: { NODE_ENV: 'production' },
});

/** A built-in skill's image: the executor, and the programs that the text of the skill names. */
const skill = (name: string, tools: Tools, env: Record<string, string> = {}): Image => {
  const executor = pod('skill-executor');
  return { ...executor, name, tools, env: { ...executor.env, HOME: '/tmp', ...env } };
};

const CLUSTER_TOOLS: Tools = { packages: ['curl', 'jq'], kubectl: true };

const FUNCTIONS = { 'infra/generated/functions.json': 'functions.json' };

/** Every image of the project. Pod programs keep the names that runs ask for. */
export const IMAGES: readonly Image[] = [
  {
    name: 'relay',
    entry: 'main.js',
    files: { ...bundleMark, ...FUNCTIONS, 'dist/relay': '.' },
    env: {
      NODE_ENV: 'production',
      RELAY_CONFIG: '/app/functions.json',
      RELAY_HOST: '0.0.0.0',
      ...RELAY_ENVIRONMENT,
    },
    flags: NODE_FLAGS,
  },
  {
    name: 'host',
    entry: 'main.js',
    files: { ...bundleMark, ...FUNCTIONS, 'dist/host': '.', 'dist/functions': 'functions' },
    env: {
      NODE_ENV: 'production',
      FUNCTIONS_DIR: '/app/functions',
      FUNCTIONS_MANIFESTS: '/app/functions.json',
      HOST_ADDRESS: '0.0.0.0',
    },
    flags: NODE_FLAGS,
  },
  ...['agent-runner', 'ipc-bridge', 'mcp-bridge', 'skill-executor'].map(pod),
  // What `spec.sandbox` adds to a pod executes commands, too.
  { ...pod('skill-executor'), name: 'sandbox' },
  skill('skill-k8s-ops', CLUSTER_TOOLS),
  skill('skill-sre-observability', CLUSTER_TOOLS),
  skill('skill-github-gitops', { packages: ['gh', 'git'] }, { EXEC_TIMEOUT_DEFAULT: '60', EXEC_TIMEOUT_MAX: '300' }),
];
