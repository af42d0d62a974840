package recoverable

import (
	"encoding/base64"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
)

// checkSecrets finds Secrets whose values anybody can read who can read the file. Values are looked at and never kept.
func checkSecrets(p *practice.Pass) {
	for o := range p.Of("", "Secret") {
		if isEncrypted(o) {
			continue
		}
		readable, known, field := []string{}, []string{}, ""
		for _, in := range []string{"data", "stringData"} {
			values, _ := o.Get(in).(map[string]any)
			for _, key := range slices.Sorted(maps.Keys(values)) {
				raw, _ := values[key].(string)
				text, ok := decoded(in, raw)
				if !ok {
					continue
				}
				is, literal := classify(key, text)
				if is == nothing || !isWritten(p, o, raw, literal) {
					continue
				}
				if field == "" {
					field = in
				}
				if is == secret {
					readable = append(readable, key)
				} else {
					known = append(known, key)
				}
			}
		}
		report(p, o, field, readable, known)
	}
}

func report(p *practice.Pass, o *practice.Object, field string, readable, known []string) {
	name := o.ID().Name
	switch {
	case len(readable) > 0:
		p.Report(practice.Note{
			At: o.At(field), Message: fmt.Sprintf("Secret %q holds readable values: %s", name, keys(readable)),
			Leads: "whoever can read the repository, or ever could, has them: base64 encrypts nothing, and git forgets nothing",
			Fix:   "encrypt it where it lies (SOPS, Sealed Secrets) or have it fetched from a store (External Secrets), and change the values, since they have been read",
		})
	case len(known) > 0:
		p.Report(practice.Note{
			At: o.At(field), Message: fmt.Sprintf("Secret %q holds a default that everybody knows: %s", name, keys(known)),
			Leads: "if it is what runs, anybody gets in; if it isn't, what runs was set by hand and is in no repository",
			Fix:   "put the real value here, encrypted (SOPS, Sealed Secrets), or have it fetched from a store (External Secrets)",
		})
	}
}

// keys reads `key "a"`, or `keys "a", "b", "c" and 2 more`.
func keys(names []string) string {
	const most = 3
	var quoted []string
	for _, name := range names[:min(len(names), most)] {
		quoted = append(quoted, fmt.Sprintf("%q", name))
	}
	list := strings.Join(quoted, ", ")
	switch {
	case len(names) == 1:
		return "key " + list
	case len(names) > most:
		list += fmt.Sprintf(" and %d more", len(names)-most)
	}
	return "keys " + list
}

// isEncrypted says that the values of a Secret are not what they stand for, or are not kept here.
func isEncrypted(o *practice.Object) bool {
	switch o.Text("type") {
	case "kubernetes.io/service-account-token", "helm.sh/release.v1":
		return true // made in the cluster
	}
	data, _ := o.Get("data").(map[string]any)
	_, isDotenv := data["sops_mac"] // generated from a .env file that SOPS has encrypted
	return o.Get("sops") != nil || isDotenv || o.GetAnnotations()["config.kubernetes.io/local-config"] == "true"
}

// decoded is the text of a value as it is written in a field.
func decoded(field, raw string) (text string, ok bool) {
	if field == "stringData" || isStandIn(raw) {
		return raw, true
	}
	data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(raw), ""))
	return string(data), err == nil
}

// isWritten says that a value stands in the files. What a chart makes up when it is rendered (randAlphaNum, genCA) is in
// none of them.
func isWritten(p *practice.Pass, o *practice.Object, raw, literal string) bool {
	if p.Chart == nil {
		return true
	}
	template := o.Origin.Path
	of, _, _ := strings.Cut(template, "/templates/") // of a chart in the chart
	for _, name := range []string{template, path.Join(of, "values.yaml"), path.Join(p.Chart.Path, "values.yaml"), path.Join(p.Chart.Path, p.Chart.Values)} {
		if text := p.Chart.Text(name); strings.Contains(text, literal) || strings.Contains(text, raw) {
			return true
		}
	}
	return false
}
