package graph

import (
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/reference"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// mention is a host that a setting names, as far as the setting alone says.
type mention struct {
	host    string
	port    int
	isCall  bool // if it means a Service
	onPort  bool // of a Service, only if it has the port
	isMeant bool // it is a host, if it means no Service
	isStart bool // to what runs before the pod starts
	said    string
	origin  manifest.Origin
}

// mentioned says what a setting of a name means by a host, if anything.
func mentioned(setting string, h reference.Host) (m mention, ok bool) {
	if h.By < reference.Named && reference.HoldsHost(setting) {
		h.By = reference.Named
	}
	_, isFull := practice.Meanings("", h.Name)
	m = mention{host: h.Name, port: h.Port, isMeant: isMeant(setting, h)}
	m.isCall, m.onPort = practice.IsCall(setting, h, isFull)
	return m, m.isCall || m.isMeant
}

// isMeant says whether a setting surely means a host by this: it names one in full, where one belongs.
func isMeant(setting string, h reference.Host) bool {
	if !strings.Contains(h.Name, ".") || reference.ToldToOthers(setting) {
		return false
	}
	return h.By == reference.InURL && reference.IsData(h.Scheme) || h.By >= reference.Named && reference.HoldsHost(setting)
}

// text is what a key of a ConfigMap says: as a variable, whose name is its reader's to say, and as a file.
type text struct {
	key      string
	variable []reference.Host
	file     []mention
	origin   manifest.Origin
}

// mostMentions are kept of a text: one that names more hosts is a list of them.
const mostMentions = 300

// textsOf reads a ConfigMap.
func textsOf(o *object) []text {
	data, _ := o.Get("data").(map[string]any)
	var all []text
	for _, key := range sortedKeys(data) {
		value, _ := data[key].(string)
		t := text{key: key, variable: variableOf(value)}
		for name, value := range reference.Settings(key, value) {
			for h := range reference.Hosts(name, value) {
				if m, ok := mentioned(name, h); ok && len(t.file) < mostMentions {
					m.host = strings.Clone(m.host) // without the text around it
					t.file = append(t.file, m)
				}
			}
		}
		if len(t.variable)+len(t.file) > 0 {
			t.origin = o.At("data", key).Origin()
			for i := range t.file {
				t.file[i].said, t.file[i].origin = "ConfigMap "+o.GetName(), t.origin
			}
			all = append(all, t)
		}
	}
	return all
}

// fewWords may be hosts, if the variable is called so; many are prose.
const fewWords = 8

func variableOf(value string) (hosts []reference.Host) {
	isShort := !strings.Contains(value, "\n") && len(strings.Fields(value)) <= fewWords
	for h := range reference.Hosts("", value) {
		if (isShort || h.By > reference.NoSign) && len(hosts) < mostMentions {
			h.Name, h.Path = strings.Clone(h.Name), ""
			hosts = append(hosts, h)
		}
	}
	return hosts
}

// reading is how a pod reads a ConfigMap.
type reading struct {
	config string // its name
	// variable is the name of one that has the value of a key; without, all keys are variables (with a prefix) or files.
	variable, key string
	isFiles       bool
	prefix        string
	items         []string // of the files; all if there are none
	isStart       bool
}

// mentions are those of a ConfigMap to who reads it so.
func (r reading) mentions(config *facts, yield func(mention) bool) bool {
	for _, t := range config.texts {
		if r.isFiles {
			if len(r.items) > 0 && !slices.Contains(r.items, t.key) {
				continue
			}
			for _, m := range t.file {
				if !yield(m) {
					return false
				}
			}
			continue
		}
		name := r.prefix + t.key
		if r.variable != "" {
			if name = r.variable; r.key != t.key {
				continue
			}
		}
		for _, h := range t.variable {
			if m, ok := mentioned(name, h); ok {
				m.said, m.origin, m.isStart = "ConfigMap "+config.id.Name, t.origin, r.isStart
				if !yield(m) {
					return false
				}
			}
		}
	}
	return true
}
