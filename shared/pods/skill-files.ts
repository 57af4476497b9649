import type { SkillPackSpec } from '../../crds/skillpack.ts';

/**
 * The files of a pack's ConfigMap: `<name>.md` for each skill, its description as a quote before its content
 * (AgentRun spec, 1.3).
 */
export function skillFiles(skills: SkillPackSpec['skills']): Record<string, string> {
  return Object.fromEntries(
    skills.map(({ name, description = '', content }) => [
      `${name}.md`,
      description === '' ? content : `# ${name}\n\n${quoted(description)}\n\n${content}`,
    ]),
  );
}

const quoted = (text: string): string => `> ${text.trimEnd().replaceAll('\n', '\n> ')}`;
