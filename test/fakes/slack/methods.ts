import { blockProblem } from './block-limits.ts';
import type { Post, Workspace } from './workspace.ts';

/** Arguments of a call, as the client sends them: texts, with JSON in those that are more. */
export type Arguments = Readonly<Record<string, string>>;
type Answer = Record<string, unknown>;

export interface MethodContext {
  readonly workspace: Workspace;
  /** Base address of the server, without a final slash. */
  readonly url: string;
  /** A new address for one WebSocket connection. */
  readonly openConnection: () => string;
}

/** The methods of the Web API that the fake knows. */
export const methods: Readonly<Record<string, (context: MethodContext, args: Arguments) => Answer>> = {
  'auth.test': ({ workspace, url }) => ({
    ok: true,
    url: `${url}/`,
    team: 'fake',
    user: 'rollbackd',
    team_id: workspace.team,
    user_id: workspace.botUser,
    bot_id: 'B1',
    is_enterprise_install: false,
  }),
  'chat.postMessage': ({ workspace }, args) => {
    const refused = refusal(workspace, args);
    if (refused !== null) return refused;
    const thread = args['thread_ts'] ?? null;
    if (thread !== null && workspace.find(workspace.channel, thread) === undefined)
      return failed('thread_not_found');
    const post = workspace.post({
      channel: workspace.channel,
      thread,
      text: args['text'] ?? '',
      blocks: blocksIn(args),
      metadata: json(args['metadata']) as Post['metadata'],
      broadcast: args['reply_broadcast'] === 'true',
    });
    return { ok: true, channel: post.channel, ts: post.ts, message: messageObject(workspace, post, true) };
  },
  'chat.update': ({ workspace }, args) => {
    const refused = refusal(workspace, args);
    if (refused !== null) return refused;
    const post = workspace.find(workspace.channel, args['ts'] ?? '');
    if (post === undefined) return failed('message_not_found');
    post.text = args['text'] ?? post.text;
    // Slack keeps blocks that an edit does not mention only when there is no text either.
    if (args['blocks'] !== undefined || args['text'] !== undefined) post.blocks = blocksIn(args);
    if (args['metadata'] !== undefined) post.metadata = json(args['metadata']) as Post['metadata'];
    post.edits += 1;
    return { ok: true, channel: post.channel, ts: post.ts, text: post.text };
  },
  'chat.postEphemeral': ({ workspace }, args) => {
    const refused = refusal(workspace, args);
    if (refused !== null) return refused;
    const user = args['user'] ?? '';
    if (!workspace.people.has(user)) return failed('user_not_in_channel');
    workspace.whispers.push({
      user,
      channel: workspace.channel,
      text: args['text'] ?? '',
      blocks: blocksIn(args),
      thread: args['thread_ts'] ?? null,
    });
    return { ok: true, message_ts: workspace.stamp() };
  },
  'conversations.history': ({ workspace }, args) => {
    if (args['channel'] !== workspace.channel) return failed('channel_not_found');
    const found = within(workspace.cards(), args).toReversed();
    return page(workspace, found, args);
  },
  'conversations.replies': ({ workspace }, args) => {
    if (args['channel'] !== workspace.channel) return failed('channel_not_found');
    const parent = workspace.find(workspace.channel, args['ts'] ?? '');
    if (parent === undefined) return failed('thread_not_found');
    return page(workspace, [parent, ...within(workspace.thread(parent.ts), args)], args);
  },
  'chat.getPermalink': ({ workspace, url }, args) =>
    workspace.find(args['channel'] ?? '', args['message_ts'] ?? '') === undefined
      ? failed('message_not_found')
      : {
          ok: true,
          channel: args['channel'],
          permalink: `${url}/archives/${args['channel']}/p${args['message_ts']}`,
        },
  'users.info': ({ workspace }, args) => {
    const user = workspace.userObject(args['user'] ?? '');
    return user === null ? failed('user_not_found') : { ok: true, user };
  },
  'usergroups.users.list': ({ workspace }, args) => {
    const users = workspace.groups.get(args['usergroup'] ?? '');
    return users === undefined ? failed('no_such_subteam') : { ok: true, users };
  },
  'apps.connections.open': ({ openConnection }) => ({ ok: true, url: openConnection() }),
  'views.open': ({ workspace }, args) => {
    const view = json(args['view']) as Record<string, unknown> | null;
    if (args['trigger_id'] === undefined) return failed('invalid_arguments');
    const blocks = (view?.['blocks'] ?? []) as readonly Record<string, unknown>[];
    const problem =
      view === null ? 'no view' : blocks.length > 100 ? 'too many' : blockProblem(blocks.slice(0, 50));
    if (problem !== null || view === null) return failed('invalid_arguments', problem ?? '');
    workspace.views.push({ trigger: args['trigger_id'], view });
    return { ok: true, view: { ...view, id: `V${workspace.views.length}` } };
  },
  'files.getUploadURLExternal': ({ workspace, url }, args) => {
    const id = `F${workspace.uploads.length + 1}`;
    workspace.uploads.push({ id, name: args['filename'] ?? '', content: '', shared: null });
    return { ok: true, file_id: id, upload_url: `${url}/upload/${id}` };
  },
  'files.completeUploadExternal': ({ workspace }, args) => {
    const files = (json(args['files']) ?? []) as readonly { readonly id: string; readonly title?: string }[];
    for (const { id } of files) {
      const upload = workspace.uploads.find((candidate) => candidate.id === id);
      if (upload === undefined) return failed('file_not_found');
      upload.shared = {
        channel: args['channel_id'] ?? args['channels'] ?? '',
        thread: args['thread_ts'] ?? null,
        comment: args['initial_comment'] ?? null,
      };
    }
    return { ok: true, files: files.map(({ id, title }) => ({ id, title: title ?? id })) };
  },
};

/** An answer of Slack's form that says no. */
export function failed(error: string, detail?: string): Answer {
  return {
    ok: false,
    error,
    ...(detail === undefined ? {} : { response_metadata: { messages: [`[ERROR] ${detail}`] } }),
  };
}

/** A message as Slack hands it out; metadata only to those who ask for it. */
export function messageObject(workspace: Workspace, post: Post, metadata: boolean): Answer {
  return {
    type: 'message',
    user: workspace.botUser,
    bot_id: 'B1',
    app_id: workspace.app,
    team: workspace.team,
    ts: post.ts,
    text: post.text,
    blocks: post.blocks,
    ...(post.thread === null ? {} : { thread_ts: post.thread }),
    ...(post.edits === 0 ? {} : { edited: { user: workspace.botUser, ts: post.ts } }),
    ...(metadata && post.metadata !== null ? { metadata: post.metadata } : {}),
  };
}

function refusal(workspace: Workspace, args: Arguments): Answer | null {
  if (args['channel'] !== workspace.channel) return failed('channel_not_found');
  const text = args['text'] ?? '';
  if (text === '' && blocksIn(args).length === 0) return failed('no_text');
  if (text.length > 40_000) return failed('msg_too_long');
  const problem = blockProblem(blocksIn(args));
  return problem === null ? null : failed('invalid_blocks', problem);
}

function blocksIn(args: Arguments): readonly Record<string, unknown>[] {
  const blocks = json(args['blocks']);
  return Array.isArray(blocks) ? (blocks as readonly Record<string, unknown>[]) : [];
}

function within(posts: readonly Post[], args: Arguments): readonly Post[] {
  const oldest = Number(args['oldest'] ?? 0);
  const latest = Number(args['latest'] ?? Number.MAX_SAFE_INTEGER);
  const inclusive = args['inclusive'] === 'true' || args['inclusive'] === '1';
  return posts.filter(({ ts }) => {
    const at = Number(ts);
    return inclusive ? at >= oldest && at <= latest : at > oldest && at < latest;
  });
}

function page(workspace: Workspace, posts: readonly Post[], args: Arguments): Answer {
  const limit = Number(args['limit'] ?? 100);
  const from = Number(args['cursor'] ?? 0);
  const metadata = args['include_all_metadata'] === 'true' || args['include_all_metadata'] === '1';
  const more = from + limit < posts.length;
  return {
    ok: true,
    messages: posts.slice(from, from + limit).map((post) => messageObject(workspace, post, metadata)),
    has_more: more,
    response_metadata: { next_cursor: more ? String(from + limit) : '' },
  };
}

function json(text: string | undefined): unknown {
  return text === undefined || text === '' ? null : JSON.parse(text);
}
