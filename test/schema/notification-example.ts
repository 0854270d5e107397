import type { Notification } from '../../indexer/model/notification.ts';
import type { Full, Minimal } from './example-types.ts';

const at = '2026-06-01T12:00:00Z';
const notice = { type: 'taskserv', name: 'kubernetes', version: '1.30.0' };
const wentDown = { name: 'gitea', kind: 'gitea', since: at };
const notification = {
  type: 'site.published',
  timestamp: at,
  data: {
    generation: 1,
    counts: { extensions: 1, versions: 2, by_type: { taskserv: 1 } },
    added: { total: 1, first: [{ ...notice, source: 'gitea' }] },
    yanked: { total: 1, first: [{ ...notice, reason: 'Deletes volumes.' }] },
    mutated: { total: 1, first: [{ ...notice, source: 'gitea', detail: 'The asset a is now another.' }] },
    sources_down: [wentDown],
    sources_up: [wentDown],
  },
} satisfies Minimal<Notification>;
const fullNotification = {
  ...notification,
  data: { ...notification.data, downloads: 'https://registry.example.org/' },
} satisfies Full<Notification>;

export const NOTIFICATION = { minimal: notification, full: fullNotification };
