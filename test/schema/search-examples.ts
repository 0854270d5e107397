import { digestOf } from '../../indexer/model/digest.ts';
import type * as documents from '../../indexer/model/documents.ts';

const digest = digestOf('bytes');

const search = {
  schema: 1,
  form: 'list',
  type: ['taskserv'],
  name: ['kubernetes'],
  version: ['1.4.0'],
  description: [''],
  author: [''],
  source: [['gitea']],
  tags: [['k8s']],
  deprecated: [0],
  yanked: [0],
} satisfies documents.SearchDocument;

const searchHead = {
  schema: 1,
  form: 'shards',
  extensions: 1,
  rows: 1,
  words: 'A/taskserv,Ak8s',
  marks: 'EG',
  postings: [digest],
  posting_words: [2],
  records: [digest],
  record_rows: 64,
  deprecated: 'A',
} satisfies documents.SearchHead;
const searchPostings = { schema: 1, rows: ['A'], places: ['D'] } satisfies documents.PostingShard;
const { form: _form, deprecated: _deprecated, yanked: _yanked, ...columns } = search;
const searchRecords = { ...columns, absent: [1] } satisfies documents.RecordShard;

/** Of the documents of search, which have no optional field. */
export const SEARCH_EXAMPLES = {
  search: { minimal: search, full: search },
  'search-head': { minimal: searchHead, full: searchHead },
  'search-postings': { minimal: searchPostings, full: searchPostings },
  'search-records': { minimal: searchRecords, full: searchRecords },
};
