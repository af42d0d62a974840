package practice

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/fairlead-dev/fairlead/internal/reference"
	"github.com/fairlead-dev/fairlead/manifest"
)

// Setting is one thing that a pod is told: a variable, an argument, or a line of a file that it mounts. What Secrets say
// is not among them.
type Setting struct {
	Name  string // of the variable or the flag, or the key in the file; "" of what has none
	Value string
	// Container is the one that is told; nil of what all of a ConfigMap says, which any of them may read.
	Container *Container

	config *Object // that says it, under key; nil if the container itself does
	key    string
	field  string // of the container: "env", "command", "args"
	index  int
}

// At is the place where it is said: in the pod, or in a ConfigMap.
func (s Setting) At() Place {
	switch {
	case s.config != nil:
		return s.config.At("data", s.key)
	case s.field == "env":
		return s.Container.At(s.field, strconv.Itoa(s.index), "value")
	}
	return s.Container.At(s.field, strconv.Itoa(s.index))
}

// Settings iterates over what a pod is told: its containers' variables and words, then what ConfigMaps say.
func (p *Pass) Settings(pod *Pod) iter.Seq[Setting] {
	return func(yield func(Setting) bool) {
		for _, c := range pod.containers {
			if c.Role != Ephemeral && (!p.variables(c, yield) || !words(c, "command", c.Command, yield) || !words(c, "args", c.Args, yield)) {
				return
			}
		}
		for _, f := range p.files()[pod] {
			for _, s := range f.settings {
				if !yield(s) {
					return
				}
			}
		}
	}
}

func (v *view) configMap(pod *Pod, name string) *Object {
	return v.byID[manifest.ID{Kind: "ConfigMap", Namespace: pod.Object.id.Namespace, Name: name}]
}

// variables yields those of a container whose value is written, here or in a key of a ConfigMap.
func (v *view) variables(c *Container, yield func(Setting) bool) bool {
	for i := range c.Env {
		env := &c.Env[i]
		s := Setting{Name: env.Name, Value: env.Value, Container: c, field: "env", index: i}
		if from := env.ValueFrom; from != nil && from.ConfigMapKeyRef != nil {
			if config := v.configMap(c.Pod, from.ConfigMapKeyRef.Name); config != nil {
				s.Value, s.config, s.key = config.Text("data", from.ConfigMapKeyRef.Key), config, from.ConfigMapKeyRef.Key
			}
		}
		if s.Value != "" && !yield(s) {
			return false
		}
	}
	return true
}

// words takes commands and scripts apart: a flag has what stands behind its =, or the word after it, as its value.
func words(c *Container, field string, words []string, yield func(Setting) bool) bool {
	flag := ""
	for i, word := range words {
		for part := range strings.FieldsSeq(word) {
			s := Setting{Name: flag, Value: part, Container: c, field: field, index: i}
			flag = ""
			name, value, isSet := strings.Cut(part, "=")
			switch {
			case isSet && isSettingName(name):
				s.Name, s.Value = strings.TrimLeft(name, "-"), strings.Trim(value, `"'`)
			case len(part) > 1 && part[0] == '-':
				flag = strings.TrimLeft(part, "-")
				s.Name, s.Value = flag, ""
			}
			if !yield(s) {
				return false
			}
		}
	}
	return true
}

func isSettingName(name string) bool {
	for i := range len(name) {
		if c := name[i]; !isNameByte(c) && c != '-' && c != '.' {
			return false
		}
	}
	return name != ""
}

// file is what a key of a ConfigMap says, or all of its keys as variables. It is there once, however many pods it tells.
type file struct{ settings []Setting }

// longestFile is the size from which on a file is taken for data: dashboards, certificates, lists.
const longestFile = 1 << 16

// findFiles finds what ConfigMaps tell each pod.
func (v *view) findFiles() map[*Pod][]*file {
	all := map[*Pod][]*file{}
	shelf := shelf{}
	for _, pod := range v.pods {
		var told []*file
		for _, c := range pod.containers {
			for _, from := range c.EnvFrom {
				if from.ConfigMapRef == nil {
					continue
				}
				if config := v.configMap(pod, from.ConfigMapRef.Name); config != nil {
					told = append(told, shelf.variables(config, from.Prefix))
				}
			}
		}
		mount := func(source corev1.LocalObjectReference, items []corev1.KeyToPath) {
			if config := v.configMap(pod, source.Name); config != nil {
				told = append(told, shelf.mounted(config, items)...)
			}
		}
		for i := range pod.Spec.Volumes {
			volume := &pod.Spec.Volumes[i]
			if volume.ConfigMap != nil {
				mount(volume.ConfigMap.LocalObjectReference, volume.ConfigMap.Items)
			}
			if volume.Projected == nil {
				continue
			}
			for _, source := range volume.Projected.Sources {
				if source.ConfigMap != nil {
					mount(source.ConfigMap.LocalObjectReference, source.ConfigMap.Items)
				}
			}
		}
		if len(told) > 0 {
			all[pod] = told
		}
	}
	return all
}

// shelf holds each file once.
type shelf map[sheet]*file

// sheet is how a ConfigMap is read: a key as a file, or all of them as variables.
type sheet struct {
	config      *Object
	key         string
	prefix      string // of the variables
	isVariables bool
}

func (s shelf) variables(config *Object, prefix string) *file {
	at := sheet{config: config, prefix: prefix, isVariables: true}
	if s[at] == nil {
		f := &file{}
		data, _ := config.Get("data").(map[string]any)
		for _, key := range sortedKeys(data) {
			if text, _ := data[key].(string); text != "" {
				f.settings = append(f.settings, Setting{Name: prefix + key, Value: text, config: config, key: key})
			}
		}
		s[at] = f
	}
	return s[at]
}

// mounted are the keys of a ConfigMap as files: those of the items, or all.
func (s shelf) mounted(config *Object, items []corev1.KeyToPath) []*file {
	data, _ := config.Get("data").(map[string]any)
	var all []*file
	for _, key := range sortedKeys(data) {
		text, _ := data[key].(string)
		if text == "" || len(text) > longestFile || len(items) > 0 && !slices.ContainsFunc(items, func(i corev1.KeyToPath) bool { return i.Key == key }) {
			continue
		}
		at := sheet{config: config, key: key}
		if s[at] == nil {
			f := &file{}
			for name, value := range reference.Settings(key, text) {
				f.settings = append(f.settings, Setting{Name: name, Value: value, config: config, key: key})
			}
			s[at] = f
		}
		all = append(all, s[at])
	}
	return all
}
