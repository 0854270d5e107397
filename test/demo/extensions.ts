// What the demonstration publishes; the two backends are filled with it in world.ts.

export interface DemoExtension {
  readonly type: 'provider' | 'taskserv' | 'cluster';
  readonly name: string;
  readonly description: string;
  readonly keywords: readonly string[];
  readonly license?: string;
  /** Upstream tags, oldest first. */
  readonly tags: readonly string[];
  readonly changes: readonly string[];
}

/** This version of taskserv/kubernetes is at both backends, with the same bytes. */
const SHARED_VERSION = '1.31.2';

export const IN_GITEA: readonly DemoExtension[] = [
  {
    type: 'provider',
    name: 'aws',
    description: 'Amazon Web Services: instances, networks, volumes and load balancers',
    keywords: ['cloud', 'aws', 'ec2'],
    license: 'Apache-2.0',
    tags: ['v1.0.0', 'v1.1.0', 'v1.2.0', 'v2.0.0-rc.1', 'v2.0.0'],
    changes: ['Graviton instance types', 'Spot instances can be capped by price', 'IPv6-only subnets'],
  },
  {
    type: 'provider',
    name: 'upcloud',
    description: 'UpCloud servers, private networks and managed storage',
    keywords: ['cloud', 'upcloud', 'europe'],
    license: 'MIT',
    tags: ['1.4.0', '1.5.0', '1.5.1', '1.6.0-beta.2'],
    changes: ['Server groups with anti-affinity', 'Floating addresses survive a rebuild'],
  },
  {
    type: 'provider',
    name: 'hetzner',
    description: 'Hetzner Cloud servers and dedicated root servers',
    keywords: ['cloud', 'hetzner', 'europe', 'bare-metal'],
    license: 'Apache-2.0',
    tags: ['v0.8.0', 'v0.9.0', 'v0.9.1'],
    changes: ['Placement groups', 'Robot API for dedicated servers'],
  },
  {
    type: 'taskserv',
    name: 'kubernetes',
    description: 'Kubernetes control plane and workers, installed with kubeadm',
    keywords: ['kubernetes', 'orchestration', 'containers'],
    license: 'Apache-2.0',
    tags: ['v1.29.8', 'v1.30.4', `v${SHARED_VERSION}`, 'v1.32.0-rc.0'],
    changes: ['etcd is backed up before an upgrade', 'Node local DNS cache', 'Sysctl defaults for many pods'],
  },
  {
    type: 'taskserv',
    name: 'containerd',
    description: 'containerd and runc with registry mirrors',
    keywords: ['containers', 'runtime'],
    license: 'Apache-2.0',
    tags: ['v1.7.21', 'v1.7.22', 'v2.0.0'],
    changes: ['Registry mirrors per host', 'cgroup v2 by default'],
  },
  {
    type: 'taskserv',
    name: 'cilium',
    description: 'Cilium networking and network policy for Kubernetes',
    keywords: ['kubernetes', 'networking', 'ebpf'],
    license: 'Apache-2.0',
    tags: ['v1.15.6', 'v1.16.1', 'v1.16.3'],
    changes: ['WireGuard between nodes', 'Hubble metrics'],
  },
  {
    type: 'taskserv',
    name: 'postgres',
    description: 'PostgreSQL with streaming replication and base backups',
    keywords: ['database', 'sql', 'postgres'],
    license: 'PostgreSQL',
    tags: ['1.0.0', '1.0.0+build.5', '1.1.0'],
    changes: ['Point in time recovery', 'Passwords by SCRAM only'],
  },
  {
    type: 'taskserv',
    name: 'redis',
    description: 'Redis with sentinel',
    keywords: ['database', 'cache'],
    tags: ['7.0.15', '7.2.5', '7.2.6'],
    changes: ['TLS between replicas', 'Append-only file on its own volume'],
  },
  {
    type: 'taskserv',
    name: 'coredns',
    description: 'CoreDNS as the resolver of a private zone',
    keywords: ['dns', 'networking'],
    license: 'Apache-2.0',
    tags: ['v1.11.1', 'v1.11.3'],
    changes: ['Zone transfers are signed', 'Cache is warmed at start'],
  },
  {
    type: 'taskserv',
    name: 'etcd',
    description: 'A three or five member etcd',
    keywords: ['database', 'consensus', 'kubernetes'],
    license: 'Apache-2.0',
    tags: ['v3.5.14', 'v3.5.16'],
    changes: ['Members are replaced one at a time', 'Defragmentation by night'],
  },
  {
    type: 'cluster',
    name: 'buildkit',
    description: 'A farm of BuildKit workers behind one address',
    keywords: ['ci', 'containers', 'build'],
    license: 'MIT',
    tags: ['v0.3.0', 'v0.4.0', 'v0.5.0-alpha.1'],
    changes: ['Shared build cache', 'Rootless workers'],
  },
  {
    type: 'cluster',
    name: 'web-shop',
    description: 'A shop: load balancer, three application servers, database and cache',
    keywords: ['example', 'web'],
    license: 'MIT',
    tags: ['v1.0.0', 'v1.1.0'],
    changes: ['Blue-green deployments', 'Health checks look at the database too'],
  },
];

export const IN_OCI: readonly DemoExtension[] = [
  {
    type: 'provider',
    name: 'openstack',
    description: 'OpenStack instances, networks and block storage',
    keywords: ['cloud', 'openstack', 'on-premises'],
    license: 'Apache-2.0',
    tags: ['2.0.0', '2.1.0', '3.0.0-beta.1'],
    changes: ['Application credentials', 'Octavia load balancers'],
  },
  {
    type: 'taskserv',
    name: 'kubernetes',
    description: 'Kubernetes control plane and workers, installed with kubeadm',
    keywords: ['kubernetes', 'orchestration', 'containers'],
    license: 'Apache-2.0',
    tags: [SHARED_VERSION, '1.31.3'],
    changes: ['Published to the registry too'],
  },
  {
    type: 'taskserv',
    name: 'longhorn',
    description: 'Longhorn replicated block storage for Kubernetes',
    keywords: ['storage', 'kubernetes'],
    license: 'Apache-2.0',
    tags: ['1.0.0', '1.1.0', '1.1.0_build.5'],
    changes: ['Snapshots to object storage'],
  },
  {
    type: 'taskserv',
    name: 'prometheus',
    description: 'Prometheus, Alertmanager and node exporters',
    keywords: ['monitoring', 'metrics'],
    license: 'Apache-2.0',
    tags: ['2.53.2', '2.54.1'],
    changes: ['Alerts for full disks a day ahead'],
  },
  {
    type: 'taskserv',
    name: 'nats',
    description: 'NATS with JetStream',
    keywords: ['messaging', 'streaming'],
    license: 'Apache-2.0',
    tags: ['2.10.20'],
    changes: ['One archive for each platform'],
  },
  {
    type: 'cluster',
    name: 'observability',
    description: 'Metrics, logs and traces of a whole site',
    keywords: ['monitoring', 'logging', 'tracing'],
    license: 'Apache-2.0',
    tags: ['0.1.0', '0.2.0'],
    changes: ['Traces are sampled at the edge'],
  },
];
