package referencesresolve

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// checkStatefulSets looks for the headless Service from which the pods of a StatefulSet have their names in DNS.
func checkStatefulSets(p *practice.Pass) {
	for set := range p.Of("apps", "StatefulSet") {
		id, name := set.ID(), set.Text("spec", "serviceName")
		if name == "" || len(set.GetOwnerReferences()) > 0 {
			continue
		}
		service := p.Find(manifest.ID{Kind: "Service", Namespace: id.Namespace, Name: name})
		note := practice.Note{
			At: set.At("spec", "serviceName"), Severity: practice.Warning,
			Leads: fmt.Sprintf("the pods have no names of their own in DNS: %s-0.%s leads nowhere", id.Name, name),
		}
		switch {
		case service == nil && !p.Complete:
			other := headlessOf(p, set)
			if other == nil {
				continue // it may be elsewhere
			}
			note.Message = fmt.Sprintf("StatefulSet %q names Service %q, and the headless Service that selects its pods is %q", id.Name, name, other.ID().Name)
			note.Fix = "set serviceName: " + other.ID().Name
		case service == nil || isHeadless(service) || service.Text("spec", "type") == string(corev1.ServiceTypeExternalName):
			continue // what is missing is checkNames' to say
		default:
			note.Message = fmt.Sprintf("StatefulSet %q names Service %q, which isn't headless", id.Name, name)
			note.Fix = "set clusterIP: None in that Service, or name one that has it"
			if replicas, isCounted := set.Get("spec", "replicas").(int64); !isCounted || replicas < 2 {
				note.Severity = practice.Info // one pod is reached through any Service
			}
		}
		p.Report(note)
	}
}

func isHeadless(service *practice.Object) bool {
	return service.Text("spec", "clusterIP") == corev1.ClusterIPNone
}

// headlessOf is the headless Service that selects the pods of a StatefulSet, or nil.
func headlessOf(p *practice.Pass, set *practice.Object) *practice.Object {
	template, _ := set.Get("spec", "template", "metadata", "labels").(map[string]any)
	for _, pod := range p.PodsWith(set.ID().Namespace, textsOf(template)) {
		if pod.Object != set {
			continue
		}
		for _, service := range p.ServicesOf(pod) {
			if isHeadless(service) {
				return service
			}
		}
	}
	return nil
}

func textsOf(fields map[string]any) map[string]string {
	texts := make(map[string]string, len(fields))
	for key, value := range fields {
		texts[key], _ = value.(string)
	}
	return texts
}
