import { userObject, type Kind, type Person } from './people.ts';

/** A message in the channel, as Slack keeps it. */
export interface Post {
  readonly ts: string;
  readonly channel: string;
  readonly thread: string | null;
  text: string;
  blocks: readonly Record<string, unknown>[];
  metadata: { readonly event_type: string; readonly event_payload: Record<string, unknown> } | null;
  /** How often it was edited. */
  edits: number;
  readonly broadcast: boolean;
}

/** What only one person sees. */
export interface Whisper {
  readonly user: string;
  readonly channel: string;
  readonly text: string;
  readonly blocks: readonly Record<string, unknown>[];
  readonly thread: string | null;
}

/** A file that was uploaded. */
export interface Upload {
  readonly id: string;
  readonly name: string;
  content: string;
  shared: {
    readonly channel: string;
    readonly thread: string | null;
    readonly comment: string | null;
  } | null;
}

export interface WorkspaceOptions {
  readonly team?: string;
  readonly app?: string;
  readonly channel?: string;
  /** Epoch ms; the machine's unless stated. */
  readonly now?: () => number;
}

/** Members, groups and one channel, in memory. */
export class Workspace {
  readonly team: string;
  readonly app: string;
  readonly channel: string;
  readonly botUser = 'U0BOT';
  readonly now: () => number;
  readonly people = new Map<string, Person>();
  /** Members by id of the user group. */
  readonly groups = new Map<string, readonly string[]>();
  readonly posts: Post[] = [];
  readonly whispers: Whisper[] = [];
  readonly uploads: Upload[] = [];
  readonly views: { readonly trigger: string; readonly view: Record<string, unknown> }[] = [];
  #count = 0;

  constructor({ team = 'T1', app = 'A1', channel = 'C1', now = () => Date.now() }: WorkspaceOptions) {
    this.team = team;
    this.app = app;
    this.channel = channel;
    this.now = now;
    this.person('bot', { id: this.botUser, kind: 'bot' });
  }

  /** Adds somebody. The id is `U` and the name in capitals unless stated. */
  person(name: string, options: { readonly id?: string; readonly kind?: Kind } = {}): Person {
    const { id = `U${name.toUpperCase()}`, kind = 'member' } = options;
    const team = kind === 'foreign' || kind === 'stranger' ? 'T9' : this.team;
    const person = { id, name, kind, team };
    this.people.set(id, person);
    return person;
  }

  userObject(id: string): Record<string, unknown> | null {
    const person = this.people.get(id);
    return person === undefined ? null : userObject(person);
  }

  /** A time stamp that no other message has, later than all before. */
  stamp(): string {
    return `${Math.floor(this.now() / 1000)}.${String(++this.#count).padStart(6, '0')}`;
  }

  post(post: Omit<Post, 'ts' | 'edits'>): Post {
    const kept = { ...post, ts: this.stamp(), edits: 0 };
    this.posts.push(kept);
    return kept;
  }

  find(channel: string, ts: string): Post | undefined {
    return this.posts.find((post) => post.channel === channel && post.ts === ts);
  }

  /** Messages of the channel itself, oldest first. */
  cards(): readonly Post[] {
    return this.posts.filter(({ thread }) => thread === null);
  }

  /** What stands in a thread, oldest first, without the message that it hangs from. */
  thread(ts: string): readonly Post[] {
    return this.posts.filter(({ thread }) => thread === ts);
  }
}
