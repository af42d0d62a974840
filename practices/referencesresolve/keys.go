package referencesresolve

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// checkKeys looks for the keys that pods want of the ConfigMaps and Secrets that are there.
func checkKeys(p *practice.Pass) {
	for pod := range p.Pods() {
		k := keys{p, pod}
		for c := range pod.Containers() {
			for i, env := range c.Env {
				from := env.ValueFrom
				if from == nil {
					continue
				}
				if ref := from.ConfigMapKeyRef; ref != nil && !isTrue(ref.Optional) {
					k.want("ConfigMap", ref.Name, ref.Key, c.At("env", strconv.Itoa(i), "valueFrom", "configMapKeyRef", "key"))
				}
				if ref := from.SecretKeyRef; ref != nil && !isTrue(ref.Optional) {
					k.want("Secret", ref.Name, ref.Key, c.At("env", strconv.Itoa(i), "valueFrom", "secretKeyRef", "key"))
				}
			}
			for i, mount := range c.VolumeMounts {
				k.mounted(mount, c.At("volumeMounts", strconv.Itoa(i), "subPath"))
			}
		}
		for i, volume := range pod.Spec.Volumes {
			at := func(kind string, j int) practice.Place {
				return pod.At("volumes", strconv.Itoa(i), kind, "items", strconv.Itoa(j), "key")
			}
			if source := volume.ConfigMap; source != nil && !isTrue(source.Optional) {
				for j, item := range source.Items {
					k.want("ConfigMap", source.Name, item.Key, at("configMap", j))
				}
			}
			if source := volume.Secret; source != nil && !isTrue(source.Optional) {
				for j, item := range source.Items {
					k.want("Secret", source.SecretName, item.Key, at("secret", j))
				}
			}
		}
	}
}

func isTrue(b *bool) bool { return b != nil && *b }

type keys struct {
	*practice.Pass
	pod *practice.Pod
}

// of an object that is there; nil if it isn't, or if somebody else fills it.
func (k keys) of(kind, name string) []string {
	o := k.Find(manifest.ID{Kind: kind, Namespace: k.pod.Object.ID().Namespace, Name: name})
	if o == nil || len(o.GetOwnerReferences()) > 0 {
		return nil
	}
	var all []string
	for _, field := range []string{"data", "stringData", "binaryData"} {
		values, _ := o.Get(field).(map[string]any)
		for key := range values {
			all = append(all, key)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (k keys) want(kind, name, key string, at practice.Place) {
	have := k.of(kind, name)
	if len(have) == 0 || key == "" || slices.Contains(have, key) || strings.ContainsAny(key, "{$") {
		return
	}
	k.Report(practice.Note{
		At:      at,
		Message: fmt.Sprintf("%s %q has no key %q: it has %s", kind, name, key, few(have)),
		Leads:   "the pod doesn't start: CreateContainerConfigError, or a volume that can't be mounted",
		Fix:     fmt.Sprintf("name a key of the %s, add it there, or say optional: true", kind),
	})
}

// mounted looks at a single file of a ConfigMap or Secret that is mounted over a path.
func (k keys) mounted(mount corev1.VolumeMount, at practice.Place) {
	if mount.SubPath == "" || strings.Contains(mount.SubPath, "/") {
		return
	}
	i := slices.IndexFunc(k.pod.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == mount.Name })
	if i < 0 {
		return
	}
	var name string
	var paths []string
	volume, kind := k.pod.Spec.Volumes[i], "ConfigMap"
	switch {
	case volume.ConfigMap != nil:
		name, paths = volume.ConfigMap.Name, shown(volume.ConfigMap.Items)
	case volume.Secret != nil:
		kind, name, paths = "Secret", volume.Secret.SecretName, shown(volume.Secret.Items)
	default:
		return
	}
	have := k.of(kind, name)
	if len(paths) > 0 {
		have = paths
	}
	if len(have) == 0 || slices.Contains(have, mount.SubPath) {
		return
	}
	k.Report(practice.Note{
		At:      at,
		Message: fmt.Sprintf("%s %q has no file %q to mount as %s: it has %s", kind, name, mount.SubPath, path.Base(mount.MountPath), few(have)),
		Leads:   "an empty directory is mounted where the program looks for a file",
		Fix:     "name a key of the " + kind + " as subPath",
	})
}

// shown are the files that a volume's items make.
func shown(items []corev1.KeyToPath) []string {
	var paths []string
	for _, item := range items {
		paths = append(paths, item.Path)
	}
	return paths
}

func few(names []string) string {
	if len(names) > 6 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:5], ", "), len(names)-5)
	}
	return strings.Join(names, ", ")
}
