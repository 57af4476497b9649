import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { writeFileAtomic } from '../../ipc/files.ts';
import type { ChannelMessage } from '../../ipc/protocol.ts';
import { defineTool } from './define.ts';
import { type AgentTool, type ToolContext, ToolError } from './tool.ts';

const CHANNELS = ['whatsapp', 'telegram', 'discord', 'slack'] as const;

export function channelTool({ config, paths }: ToolContext): AgentTool {
  return defineTool({
    name: 'send_channel_message',
    description: 'Send a message to a chat. Without chatId it goes to the chat this task came from.',
    inputSchema: z.object({
      channel: z.enum(CHANNELS).optional().describe('Default: the channel this task came from'),
      chatId: z.string().optional(),
      text: z.string().min(1),
    }),
    async execute({ channel, chatId, text }) {
      const message: ChannelMessage = {
        channel: channel ?? config.source.channel,
        // A chat belongs to one channel: the source's chat is no default for another one.
        chatId: chatId ?? (channel === undefined || channel === config.source.channel ? config.source.chatId : ''),
        text,
      };
      if (message.channel === '') throw new ToolError('This task came from no channel: give channel and chatId.');
      const path = paths.toHost(`/ipc/messages/send-${Date.now()}${randomUUID().slice(0, 8)}.json`);
      await writeFileAtomic(path, JSON.stringify(message), { scratch: paths.toHost('/ipc/.tmp') });
      return `Message queued for ${message.channel}`;
    },
  });
}
