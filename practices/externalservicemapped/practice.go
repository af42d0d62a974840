// Package externalservicemapped is the practice that what lies outside of the cluster has a Service in it.
package externalservicemapped

import (
	"embed"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

//go:embed practice.md testdata
var files embed.FS

// Practice is external-service-mapped.
var Practice = &practice.Practice{
	ID:       "external-service-mapped",
	Title:    "An external dependency of several workloads has a Service that stands for it",
	Category: practice.Services,
	Severity: practice.Warning,
	Inputs:   practice.Manifests | practice.Cluster,
	Leads:    "when it moves, every workload has to be found, edited and rolled out, and one is forgotten",
	Fix:      "add a Service of type ExternalName for it, and have the workloads name that",
	Mends:    practice.Suggests,
	Parameters: []practice.Parameter{
		{Name: workloads, Default: 2, About: "workloads that name an external host, from which on it needs a Service"},
	},
	Files: files,
	Run:   run,
}

// use is one place in which a host is written.
type use struct {
	at  practice.Place
	who string   // "container \"web\" in DB_HOST"
	by  []string // the workloads whom it concerns
}

const workloads = "workloads" // a parameter

func run(p *practice.Pass) {
	mapped := mappedHosts(p)
	uses := map[string][]use{}
	note := func(hosts []string, u use) {
		for _, host := range hosts {
			if !mapped.inMesh[host] && !isInside(p, host) {
				uses[host] = append(uses[host], u)
			}
		}
	}
	readers := map[manifest.ID][]string{} // of ConfigMaps
	for pod := range p.Pods() {
		if len(pod.Object.GetOwnerReferences()) > 0 {
			continue // its owner says the same
		}
		id := pod.Object.ID()
		by := []string{id.Kind + " " + id.Name}
		for c := range pod.Containers() {
			for i, env := range c.Env {
				who := fmt.Sprintf("%s %q of %s %q, in %s,", c.Role, c.Name, id.Kind, id.Name, env.Name)
				note(hostsIn(env.Name, env.Value), use{c.At("env", strconv.Itoa(i), "value"), who, by})
			}
			for _, field := range []struct {
				name  string
				words []string
			}{{"command", c.Command}, {"args", c.Args}} {
				for i, word := range field.words {
					who := fmt.Sprintf("%s %q of %s %q, in its %s,", c.Role, c.Name, id.Kind, id.Name, field.name)
					flag, value, isFlag := strings.Cut(word, "=")
					if !isFlag {
						flag, value = "", word
					}
					if i > 0 && !isFlag && strings.HasPrefix(field.words[i-1], "-") {
						flag = field.words[i-1]
					}
					note(hostsIn(strings.TrimLeft(flag, "-"), value), use{c.At(field.name, strconv.Itoa(i)), who, by})
				}
			}
		}
	}
	for _, r := range p.References() {
		if r.To.Kind == "ConfigMap" && len(r.From.GetOwnerReferences()) == 0 {
			readers[r.To] = append(readers[r.To], r.From.ID().Kind+" "+r.From.ID().Name)
		}
	}
	for config := range p.Of("", "ConfigMap") {
		id := config.ID()
		by := readers[manifest.ID{Kind: "ConfigMap", Namespace: id.Namespace, Name: id.Name}]
		if len(by) == 0 {
			by = []string{"ConfigMap " + id.Name}
		}
		data, _ := config.Get("data").(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(data)) {
			text, _ := data[key].(string)
			note(hostsInFile(key, text), use{config.At("data", key), fmt.Sprintf("ConfigMap %q, in %s,", id.Name, key), by})
		}
	}
	for _, host := range slices.Sorted(maps.Keys(uses)) {
		report(p, host, uses[host], mapped.services[host])
	}
}

// report says of a host that several workloads use it, at each place where it is written.
func report(p *practice.Pass, host string, uses []use, service string) {
	var users []string
	for _, u := range uses {
		users = append(users, u.by...)
	}
	slices.Sort(users)
	if users = slices.Compact(users); len(users) < practice.Value[int](p, workloads, uses[0].at) {
		return
	}
	kind, fix := "no Service stands for it", fmt.Sprintf("add a Service of type ExternalName with externalName: %s, and name that Service instead", host)
	if net.ParseIP(host) != nil {
		fix = fmt.Sprintf("add a Service without a selector and an EndpointSlice with the address %s, and name that Service instead", host)
	}
	if service != "" {
		kind, fix = fmt.Sprintf("Service %q stands for it", service), fmt.Sprintf("name Service %q instead", service)
	}
	severity := practice.Warning
	if len(uses) == 1 {
		severity = practice.Info // it is written in one place, which several read
	}
	for _, u := range uses {
		p.Report(practice.Note{
			At: u.at, Severity: severity, Fix: fix, Cause: "external host " + host,
			Message: fmt.Sprintf("%s names %s itself, as %d workloads do: %s", u.who, host, len(users), kind),
		})
	}
}

// mapping is what of the world outside has a name in the cluster.
type mapping struct {
	services map[string]string // the Service of a host or address
	inMesh   map[string]bool   // hosts that a mesh knows (ServiceEntry): workloads name them, and the mesh says where they are
}

func mappedHosts(p *practice.Pass) mapping {
	m := mapping{map[string]string{}, map[string]bool{}}
	for service := range p.Of("", "Service") {
		if host := service.Text("spec", "externalName"); host != "" {
			m.services[strings.ToLower(strings.TrimSuffix(host, "."))] = service.ID().Name
		}
	}
	for slice := range p.Of("discovery.k8s.io", "EndpointSlice") {
		endpoints, _ := slice.Get("endpoints").([]any)
		for i := range endpoints {
			addresses, _ := slice.Get("endpoints", strconv.Itoa(i), "addresses").([]any)
			for _, address := range addresses {
				if text, ok := address.(string); ok {
					m.services[text] = slice.GetLabels()["kubernetes.io/service-name"]
				}
			}
		}
	}
	for entry := range p.Of("networking.istio.io", "ServiceEntry") {
		hosts, _ := entry.Get("spec", "hosts").([]any)
		for _, host := range hosts {
			if text, ok := host.(string); ok {
				m.inMesh[strings.ToLower(text)] = true
			}
		}
	}
	return m
}

// isInside says whether a host is a Service of the cluster by its short name: "db.shop", "db-0.db.shop".
func isInside(p *practice.Pass, host string) bool {
	parts := strings.Split(host, ".")
	if len(parts) > 3 || slices.Contains([]string{"com", "net", "org"}, parts[len(parts)-1]) {
		return false
	}
	name, namespace := parts[len(parts)-2], parts[len(parts)-1]
	return p.Find(manifest.ID{Kind: "Service", Namespace: namespace, Name: name}) != nil || p.Find(manifest.ID{Kind: "Service", Name: name}) != nil
}
