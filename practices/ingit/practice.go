// Package ingit is the practice that what people have made in a cluster is in the config repository.
package ingit

import (
	"embed"
	"fmt"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
)

//go:embed practice.md testdata
var files embed.FS

// Practice is in-git.
var Practice = &practice.Practice{
	ID:       "in-git",
	Title:    "Every object that people made is in the config repository",
	Category: practice.Lessons,
	Severity: practice.Warning,
	Inputs:   practice.Cluster,
	Leads:    "it is known to this cluster alone: nobody has reviewed it, nobody can tell why it is there, and a cluster that is built anew lacks it",
	Fix:      "write it to the config repository, or delete it if nothing needs it",
	Files:    files,
	Run:      run,
}

func run(p *practice.Pass) {
	var strays []stray
	isDelivered := false
	for o := range p.All() {
		if _, ok := o.Delivery(); ok || p.Git[o.ID()] != nil {
			isDelivered = true
			continue
		}
		if s, ok := strayOf(p, o); ok {
			strays = append(strays, s)
		}
	}
	strays = withoutLogins(p, strays)
	if !isDelivered && len(strays) > 1 {
		reportAll(p, strays)
		return
	}
	nameCauses(strays)
	for _, s := range strays {
		p.Report(practice.Note{
			At: s.object.At("metadata"), Message: s.says() + s.manner.lacks,
			Severity: s.manner.severity, Leads: s.manner.leads, Fix: s.fix(), Cause: s.cause,
		})
	}
}

// reportAll tells of a cluster in which nothing comes from a config repository: that is one thing to mend, not thousands.
func reportAll(p *practice.Pass, strays []stray) {
	first, where := strays[0], "cluster"
	for _, s := range strays {
		if s.manner.severity > first.manner.severity {
			first = s
		}
	}
	if !p.Complete {
		where = "namespace"
	}
	p.Report(practice.Note{
		At: first.object.At("metadata"), Severity: first.manner.severity,
		Message: fmt.Sprintf("%s, as %s were by hand too: nothing in this %s carries the mark of a tool that delivers from a config repository",
			first.says(), others(len(strays)-1), where),
		Leads: "what runs is known to this cluster alone: nobody has reviewed it, and what is lost can't be built anew",
		Fix:   "write what runs to a git repository and let a tool deliver it from there: an Application of Fairlead (fairlead sync PATH to begin with), Flux or Argo CD",
	})
}

func others(n int) string {
	if n == 1 {
		return "another object"
	}
	return fmt.Sprintf("%d other objects", n)
}

// fix says how to get the object into git.
func (s stray) fix() string {
	if s.manner.fix != "" {
		return s.manner.fix
	}
	id := s.object.ID()
	if s.object.IsSecret() {
		return "keep it in the config repository encrypted (SOPS, Sealed Secrets) or let an ExternalSecret fetch it; delete it if nothing needs it"
	}
	name := strings.ToLower(id.Kind)
	if id.Group != "" {
		name += "." + id.Group
	}
	namespace := ""
	if id.Namespace != "" {
		namespace = " -n " + id.Namespace
	}
	return fmt.Sprintf("write what of kubectl get%s %s/%s -o yaml is yours to the config repository, or delete it if nothing needs it", namespace, name, id.Name)
}
