package currentapis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
)

const (
	coreV1       = "k8s.io/api/core/v1."
	appsV1       = "k8s.io/api/apps/v1."
	batchV1      = "k8s.io/api/batch/v1."
	autoscaling2 = "k8s.io/api/autoscaling/v2."
	networkingV1 = "k8s.io/api/networking/v1."
	rbacV1       = "k8s.io/api/rbac/v1."
)

// unsaid is what the API server demands and neither the types nor their comments say: fields that it misses although
// they count as optional, and values of fields that are plain strings. Tests ask a server whether that is so.
var unsaid = map[string]rule{
	coreV1 + "Container.image":       {required: true},
	coreV1 + "Pod.spec":              {required: true},
	coreV1 + "PodTemplateSpec.spec":  {required: true},
	appsV1 + "Deployment.spec":       {required: true},
	appsV1 + "StatefulSet.spec":      {required: true},
	appsV1 + "DaemonSet.spec":        {required: true},
	batchV1 + "Job.spec":             {required: true},
	batchV1 + "CronJob.spec":         {required: true},
	batchV1 + "JobTemplateSpec.spec": {required: true},

	networkingV1 + "HTTPIngressPath.pathType":                                {required: true, values: []string{"Exact", "Prefix", "ImplementationSpecific"}},
	rbacV1 + "RoleRef.kind":                                                  {required: true, values: []string{"Role", "ClusterRole"}},
	rbacV1 + "Subject.kind":                                                  {required: true, values: []string{"ServiceAccount", "User", "Group"}},
	autoscaling2 + "MetricSpec.type":                                         {required: true, values: []string{"ContainerResource", "External", "Object", "Pods", "Resource"}},
	autoscaling2 + "MetricTarget.type":                                       {required: true, values: []string{"AverageValue", "Utilization", "Value"}},
	autoscaling2 + "HPAScalingPolicy.type":                                   {required: true, values: []string{"Percent", "Pods"}},
	"k8s.io/apimachinery/pkg/apis/meta/v1.LabelSelectorRequirement.operator": {required: true, values: []string{"In", "NotIn", "Exists", "DoesNotExist"}},
}

// choice is a mapping of which one field says what it is; of two the server wouldn't know.
type choice struct {
	fields []string
	needs  bool // one of them there must be
}

var choices = map[string]choice{
	coreV1 + "Probe":                                          {[]string{"exec", "grpc", "httpGet", "tcpSocket"}, true},
	coreV1 + "LifecycleHandler":                               {[]string{"exec", "httpGet", "sleep", "tcpSocket"}, true},
	coreV1 + "EnvVarSource":                                   {[]string{"configMapKeyRef", "fieldRef", "fileKeyRef", "resourceFieldRef", "secretKeyRef"}, true},
	networkingV1 + "IngressBackend":                           {[]string{"resource", "service"}, true},
	networkingV1 + "ServiceBackendPort":                       {[]string{"name", "number"}, true},
	"k8s.io/api/admissionregistration/v1.WebhookClientConfig": {[]string{"service", "url"}, true},
}

// choose judges a mapping that is one of several things.
func (j *judge) choose(fields map[string]any, s *shape) {
	c, ok := choices[s.name]
	if !ok {
		return
	}
	for key := range fields {
		if _, known := s.fields[key]; !known {
			return // it is told, and may be what is meant
		}
	}
	var set []string
	for _, field := range c.fields {
		if fields[field] != nil {
			set = append(set, field)
		}
	}
	switch {
	case len(set) == 0 && c.needs:
		j.note(practice.Note{Message: fmt.Sprintf("%s has none of %s", j.last(), oneOf(c.fields)), Leads: refused, Fix: "write one of them"})
	case len(set) > 1:
		j.note(practice.Note{Message: fmt.Sprintf("%s has %s, and may have but one of them", j.last(), strings.Join(set, " and ")), Leads: refused, Fix: "keep one of them"}, set[1])
	}
}

// restarts judges the restart policy of a pod template: what is to end must be able to, and what is to stay is restarted.
func restarts(p *practice.Pass) {
	for pod := range p.Pods() {
		id := pod.Object.ID()
		if !isBuiltIn(pod.Object) || id.Kind == "Pod" || id.Kind == "PodTemplate" {
			continue
		}
		policy, allowed := string(pod.Spec.RestartPolicy), []string{"Always"}
		if id.Group == "batch" {
			allowed = []string{"Never", "OnFailure"}
		}
		if slices.Contains(allowed, policy) || policy == "" && id.Group != "batch" || !slices.Contains([]string{"", "Always", "Never", "OnFailure"}, policy) {
			continue
		}
		n := practice.Note{At: pod.At("restartPolicy"), Leads: refused, Fix: "write restartPolicy: " + allowed[len(allowed)-1],
			Message: fmt.Sprintf("restartPolicy is %q, and in a %s it can only be %s", policy, id.Kind, oneOf(allowed))}
		if allowed[0] == "Always" {
			n.Edits = []practice.Edit{n.At.Set("Always")}
		}
		if policy == "" {
			n.Message = fmt.Sprintf("restartPolicy isn't set, and in a %s it must be %s", id.Kind, oneOf(allowed))
		}
		p.Report(n)
	}
}
