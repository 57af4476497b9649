/** Resources of Kubernetes that this server does not have. They are refused with a Status that says so, not with a 404. */
const NOT_SERVED: Record<string, readonly string[]> = {
  '': ['componentstatuses', 'limitranges', 'podtemplates', 'replicationcontrollers', 'resourcequotas'],
  'admissionregistration.k8s.io': ['validatingadmissionpolicies', 'validatingadmissionpolicybindings'],
  'apiregistration.k8s.io': ['apiservices'],
  apps: ['controllerrevisions'],
  autoscaling: ['horizontalpodautoscalers'],
  'certificates.k8s.io': ['certificatesigningrequests'],
  'flowcontrol.apiserver.k8s.io': ['flowschemas', 'prioritylevelconfigurations'],
  'networking.k8s.io': ['ingressclasses', 'ingresses', 'ipaddresses', 'servicecidrs'],
  'node.k8s.io': ['runtimeclasses'],
  'resource.k8s.io': ['deviceclasses', 'resourceclaims', 'resourceslices'],
  'scheduling.k8s.io': ['priorityclasses'],
  'storage.k8s.io': ['csidrivers', 'csinodes', 'csistoragecapacities', 'volumeattachments'],
};

export const isKnownButNotServed = (group: string, resource: string): boolean =>
  NOT_SERVED[group]?.includes(resource) === true;
