import type { Item } from '../../indexer/model/documents.ts';
import { parseVersion } from '../../indexer/model/version.ts';

/** A realistic catalogue: `type/name | tags | description`, with `!` before what is deprecated. In no order. */
const ROWS = `
provider/aws | cloud,amazon | Amazon Web Services: EC2 machines, VPC networks and S3 buckets
provider/aws-govcloud | cloud,aws,amazon | AWS GovCloud regions: aws networks and aws machines for regulated work
provider/upcloud | cloud,europe | UpCloud servers, block storage and private networks
provider/hetzner | cloud,europe | Hetzner Cloud servers, volumes and load balancers
provider/gcp | cloud,google | Google Cloud Platform projects and Compute Engine machines
provider/azure | cloud,microsoft | Microsoft Azure resource groups, virtual machines and AKS
provider/digitalocean | cloud | DigitalOcean droplets, volumes and floating addresses
provider/openstack | private-cloud | OpenStack projects with Nova, Neutron and Cinder
provider/proxmox | virtualization | Proxmox VE virtual machines and containers
provider/libvirt | virtualization,kvm | Virtual machines on one Linux host with KVM
provider/local | on-premises | This machine itself as a target, for tests and laptops
provider/vsphere | virtualization,vmware | VMware vSphere data centres and templates
provider/scaleway | cloud,europe | Scaleway instances et réseaux privés
provider/cloudflare | dns,cdn | Cloudflare zones, records and tunnels
provider/harbor | oci,registry | Projects and robot accounts of a Harbor registry
taskserv/kubernetes | k8s,orchestration | Control plane and workers, set up with kubeadm
taskserv/k3s | kubernetes,edge | Lightweight Kubernetes in one binary
taskserv/k0s | kubernetes | Zero friction Kubernetes
taskserv/kubectl | cli | The command line of Kubernetes
taskserv/cert-manager | tls,acme | Issues and renews certificates in a cluster
taskserv/cert-manager-webhook | tls,dns | DNS01 solver for Let's Encrypt
taskserv/containerd | container,runtime | Industry standard container runtime
taskserv/cri-o | container,runtime | Container runtime made for orchestrators
taskserv/podman | container | Daemonless containers
taskserv/cilium | cni,network,ebpf | Network policy and observability with eBPF
taskserv/calico | cni,network | Network policy for many platforms
taskserv/coredns | dns | DNS server that chains plugins
taskserv/external-dns | dns | Keeps public DNS records in step with services
taskserv/etcd | key-value,raft | Distributed key-value store
taskserv/postgres | database,sql,postgresql | Relational database with streaming replication
taskserv/postgres-backup | backup,database | Nightly dumps of a database to a bucket
taskserv/pgbouncer | database | Connection pooler for PostgreSQL
taskserv/mariadb | database,sql | Relational database, a drop-in for MySQL
taskserv/mongodb | database,documents | Document database with replica sets
taskserv/redis | cache,key-value | In-memory data store
taskserv/redis-exporter | metrics | Exposes metrics of a Redis server
taskserv/valkey | cache,key-value | Open in-memory data store, compatible with Redis
taskserv/rabbitmq | queue,amqp | Message broker
taskserv/kafka | queue,streaming | Event streaming platform
taskserv/nats | queue | Small and fast messaging
taskserv/minio | object-storage,s3 | Object storage with an S3 interface
taskserv/rook-ceph | storage,ceph | Block, file and object storage in a cluster
taskserv/longhorn | storage | Replicated block storage
taskserv/velero | backup | Backup and restore of cluster resources and volumes
taskserv/prometheus | metrics,monitoring | Time series database and alerting rules
taskserv/alertmanager | monitoring,alerts | Routes, groups and silences alerts
taskserv/grafana | dashboards,monitoring | Dashboards for metrics, logs and traces
taskserv/loki | logs | Log aggregation that indexes labels only
taskserv/node-exporter | metrics | Hardware and kernel metrics of a machine
taskserv/opentelemetry-collector | traces,metrics | Receives, processes and exports telemetry
taskserv/log-collector | ログ,日志 | Сбор журналов со всех узлов
taskserv/vault | secrets | Secrets, leases and encryption as a service
taskserv/openbao | secrets | Open fork of a secrets store
taskserv/keycloak | oidc,identity | Identity and access management with single sign-on
taskserv/ingress-nginx | ingress,http | Ingress controller on top of a web server
taskserv/nginx | http | Web server and reverse proxy
taskserv/haproxy | http,tcp | Load balancer for TCP and HTTP
taskserv/traefik | ingress,http | Edge router with automatic certificates
taskserv/gitea | git,forge | Self-hosted Git service
taskserv/argo-cd | gitops | Continuous delivery from Git
taskserv/harbor | oci,registry | Registry with scanning and signing
taskserv/wireguard | vpn,network | Fast and modern VPN tunnel
!taskserv/docker-registry | oci,registry | The old registry; use harbor
!taskserv/redis-sentinel | cache | Fail-over for Redis
cluster/postgres | database | Three database nodes behind a pooler, with backup
cluster/observability | monitoring | Prometheus, Grafana and Loki in one go
cluster/web | http | Web servers behind a load balancer
cluster/buildkit | container,ci | Remote image builders
`;

export function item(row: string, more: Partial<Item> = {}): Item {
  const [, mark, type = '', name = '', tags = '', description = ''] =
    /^(!?)([^/]+)\/(\S+) \| (.*?) \| (.*)$/.exec(row) ?? [];
  return {
    name,
    type,
    version: parseVersion('1.0.0'),
    description,
    author: 'platform-team',
    repository: `https://git.example.org/extensions/${name}`,
    source: 'gitea',
    published_at: '2026-01-02T03:04:05Z',
    ...(tags !== '' && { tags: tags.split(',') }),
    ...(mark === '!' && { deprecated: { message: 'Use another one.' } }),
    ...more,
  };
}

/** Sorted by type, then name, as the list is. */
export const CATALOGUE: Item[] = ROWS.trim()
  .split('\n')
  .map((row) => item(row))
  .sort((a, b) => (a.type < b.type || (a.type === b.type && a.name < b.name) ? -1 : 1));

/** Queries with the right answers, written down before the ranking: the first ones, in their order. */
export const FIRST: [text: string, first: string[]][] = [
  // the exact name
  ['aws', ['provider/aws', 'provider/aws-govcloud']],
  ['AWS', ['provider/aws']],
  ['kubernetes', ['taskserv/kubernetes']],
  ['redis', ['taskserv/redis', 'taskserv/redis-exporter']],
  ['nginx', ['taskserv/nginx', 'taskserv/ingress-nginx']],
  ['vault', ['taskserv/vault']],
  ['postgres', ['cluster/postgres', 'taskserv/postgres', 'taskserv/postgres-backup']],
  ['harbor', ['provider/harbor', 'taskserv/harbor']],
  ['web', ['cluster/web']],
  ['etcd', ['taskserv/etcd']],
  // separators and camel case
  ['cert-manager', ['taskserv/cert-manager', 'taskserv/cert-manager-webhook']],
  ['certmanager', ['taskserv/cert-manager', 'taskserv/cert-manager-webhook']],
  ['certManager', ['taskserv/cert-manager', 'taskserv/cert-manager-webhook']],
  ['CertManager', ['taskserv/cert-manager', 'taskserv/cert-manager-webhook']],
  ['cert_manager', ['taskserv/cert-manager', 'taskserv/cert-manager-webhook']],
  ['cert.manager', ['taskserv/cert-manager', 'taskserv/cert-manager-webhook']],
  ['cert manager', ['taskserv/cert-manager', 'taskserv/cert-manager-webhook']],
  ['crio', ['taskserv/cri-o']],
  ['ArgoCD', ['taskserv/argo-cd']],
  ['rook ceph', ['taskserv/rook-ceph']],
  ['mongo-db', ['taskserv/mongodb']],
  ['open telemetry collector', ['taskserv/opentelemetry-collector']],
  ['Digital Ocean', ['provider/digitalocean']],
  // the start of a name
  ['kub', ['taskserv/kubectl', 'taskserv/kubernetes']],
  ['prom', ['taskserv/prometheus']],
  ['post', ['cluster/postgres', 'taskserv/postgres', 'taskserv/postgres-backup']],
  ['cert', ['taskserv/cert-manager', 'taskserv/cert-manager-webhook']],
  ['open', ['taskserv/openbao', 'provider/openstack', 'taskserv/opentelemetry-collector']],
  ['redis-', ['taskserv/redis', 'taskserv/redis-exporter']],
  ['certmana', ['taskserv/cert-manager']],
  // words of names, tags and descriptions
  ['exporter', ['taskserv/node-exporter', 'taskserv/redis-exporter']],
  ['collector', ['taskserv/log-collector', 'taskserv/opentelemetry-collector']],
  ['k8s', ['taskserv/kubernetes']],
  ['postgresql', ['taskserv/postgres', 'taskserv/pgbouncer']],
  ['kubeadm', ['taskserv/kubernetes']],
  ['ceph', ['taskserv/rook-ceph']],
  ['ebpf', ['taskserv/cilium']],
  ['droplets', ['provider/digitalocean']],
  ['reseaux prives', ['provider/scaleway']],
  ['réseaux', ['provider/scaleway']],
  ['日志', ['taskserv/log-collector']],
  ['ログ', ['taskserv/log-collector']],
  ['ЖУРНАЛОВ', ['taskserv/log-collector']],
  // several words: all before some
  ['postgres backup', ['taskserv/postgres-backup', 'cluster/postgres']],
  ['backup postgres', ['taskserv/postgres-backup', 'cluster/postgres']],
  ['s3 object storage', ['taskserv/minio', 'taskserv/rook-ceph']],
  ['dns server', ['taskserv/coredns']],
  ['a load balancer for http', ['taskserv/haproxy', 'cluster/web']],
  ['lightweight kubernetes', ['taskserv/k3s', 'taskserv/kubernetes']],
  ['redis blockchain', ['taskserv/redis']],
  // a type's name among the words
  ['provider/harbor', ['provider/harbor', 'taskserv/harbor']],
  ['harbor taskserv', ['taskserv/harbor', 'provider/harbor']],
  ['cluster postgres', ['cluster/postgres']],
  // one typo: a letter too many, too few, another, or two swapped
  ['kubernets', ['taskserv/kubernetes']],
  ['kuberentes', ['taskserv/kubernetes']],
  ['vualt', ['taskserv/vault']],
  ['harbour', ['provider/harbor', 'taskserv/harbor']],
  ['postgrse', ['cluster/postgres', 'taskserv/postgres']],
  ['certmanger', ['taskserv/cert-manager']],
  ['cert-manger', ['taskserv/cert-manager']],
  ['Hetzenr', ['provider/hetzner']],
  ['eltcd', ['taskserv/etcd']],
  ['promethius alerting', ['taskserv/prometheus']],
  ['mongdb', ['taskserv/mongodb']],
];
