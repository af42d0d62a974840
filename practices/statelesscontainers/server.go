package statelesscontainers

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/fairlead-dev/fairlead/practice"
)

// checkServer finds databases, queues and stores whose data lies in the container's file system or an emptyDir.
func checkServer(p *practice.Pass, pod *practice.Pod) {
	switch pod.Object.ID().Group {
	case "", "apps", "extensions", "argoproj.io":
	default:
		return // an operator's: it adds the volumes
	}
	software, c := pod.Software()
	if software == nil || len(software.Data) == 0 || isStateless(c) {
		return
	}
	severity := practice.Warning
	if software.Purpose == practice.Cache && !persists(c) {
		if isCalledCache(pod, c) {
			return
		}
		severity = practice.Info
	}
	at, where, lost := whereData(pod, c, software)
	if !lost {
		return
	}
	note := practice.Note{
		At: at, Severity: severity, Cause: pod.Cause("data"), Fix: keep(pod, software),
		Message: fmt.Sprintf("%s of %s %q keeps its data in %s", software.Name, pod.Object.ID().Kind, pod.Object.ID().Name, where),
	}
	if severity == practice.Info {
		note.Message += ", and nothing says that it is only a cache"
		note.Fix += `; if it is a cache, say so: args: ["--save", "", "--appendonly", "no"]`
	}
	p.Report(note)
}

// whereData says where a server's data lies, and whether it is lost with the pod.
func whereData(pod *practice.Pod, c *practice.Container, software *practice.Software) (at practice.Place, where string, lost bool) {
	var lasting []string // where volumes are mounted that outlive the pod
	holder, holds := -1, false
	for i, mount := range c.VolumeMounts {
		if isLasting(pod, mount.Name) {
			lasting = append(lasting, mount.MountPath)
			holds = holds || slices.ContainsFunc(software.Data, func(dir string) bool { return isWithin(dir, mount.MountPath) || isWithin(mount.MountPath, dir) })
		} else if slices.ContainsFunc(software.Data, func(dir string) bool { return isWithin(dir, mount.MountPath) || isWithin(mount.MountPath, dir) }) {
			holder = i
		}
	}
	switch {
	case holds, slices.ContainsFunc(lasting, func(dir string) bool { return isNamed(c, dir) }):
		return at, "", false
	case holder >= 0 && dies(pod, c.VolumeMounts[holder].Name) != "":
		mount := c.VolumeMounts[holder]
		return c.At("volumeMounts", strconv.Itoa(holder)), fmt.Sprintf("the %s %q (%s)", dies(pod, mount.Name), mount.Name, mount.MountPath), true
	case holder >= 0, len(lasting) > 0: // a kind of volume that isn't known, or a place that isn't
		return at, "", false
	}
	return c.At("image"), "the container's own file system", true
}

// isWithin says that a directory is another one, or below it.
func isWithin(dir, other string) bool {
	dir, other = path.Clean(dir), path.Clean(other)
	return dir == other || strings.HasPrefix(dir, other+"/")
}

// isNamed says that the container is told of a directory, as the place for its data.
func isNamed(c *practice.Container, dir string) bool {
	dir = path.Clean(dir)
	says := func(text string) bool { return strings.Contains(text, dir) }
	return slices.ContainsFunc(c.Command, says) || slices.ContainsFunc(c.Args, says) ||
		slices.ContainsFunc(c.Env, func(env corev1.EnvVar) bool { return says(env.Value) })
}

func volumeOf(pod *practice.Pod, name string) *corev1.Volume {
	for i := range pod.Spec.Volumes {
		if pod.Spec.Volumes[i].Name == name {
			return &pod.Spec.Volumes[i]
		}
	}
	return nil
}

// dies names the kind of a volume that ends with the pod, or is "".
func dies(pod *practice.Pod, name string) string {
	switch volume := volumeOf(pod, name); {
	case volume == nil:
	case volume.EmptyDir != nil:
		return "emptyDir"
	case volume.Ephemeral != nil:
		return "ephemeral volume"
	}
	return ""
}

// isLasting says that a volume outlives the pod. What isn't among the pod's volumes comes from the templates of claims, or
// from a volume that can't be read.
func isLasting(pod *practice.Pod, name string) bool {
	volume := volumeOf(pod, name)
	if volume == nil {
		return true
	}
	s := volume.VolumeSource
	return s.EmptyDir == nil && s.Ephemeral == nil && s.ConfigMap == nil && s.Secret == nil && s.DownwardAPI == nil && s.Projected == nil && s.Image == nil && s.GitRepo == nil
}

// isStateless says that a server runs in a role that keeps nothing.
func isStateless(c *practice.Container) bool {
	words := slices.Concat(c.Command, c.Args)
	isSentinel := func(text string) bool { return strings.Contains(strings.ToLower(text), "sentinel") }
	return isSentinel(c.Name) || slices.ContainsFunc(words, isSentinel) || slices.Contains(words, "mongos") ||
		slices.ContainsFunc(c.Env, func(env corev1.EnvVar) bool { return isSentinel(env.Name) && env.Value != "" && env.Value != "false" })
}

// persists says that a cache is told to write what it holds to disk.
func persists(c *practice.Container) bool {
	words := slices.Concat(c.Command, c.Args)
	text := strings.Join(words, " ")
	for i, word := range words {
		if word == "--save" && i+1 < len(words) && strings.Trim(words[i+1], `"' `) != "" {
			return true
		}
	}
	return strings.Contains(text, "appendonly yes") || strings.Contains(text, "appendonly=yes") ||
		slices.ContainsFunc(c.Env, func(env corev1.EnvVar) bool { return env.Name == "REDIS_AOF_ENABLED" && env.Value == "yes" })
}

// isCalledCache says that what a server holds may be lost: it is told to write nothing, or its name says what it is for.
// What a configuration file tells it isn't known.
func isCalledCache(pod *practice.Pod, c *practice.Container) bool {
	words := slices.Concat(c.Command, c.Args)
	text := strings.Join(words, " ")
	for i, word := range words {
		isOff := word == "--save" && (i+1 == len(words) || strings.Trim(words[i+1], `"' `) == "")
		if isOff || strings.HasSuffix(word, ".conf") {
			return true
		}
	}
	if strings.Contains(text, `save ""`) || strings.Contains(text, "save ''") || strings.Contains(text, "appendonly no") || strings.Contains(text, "maxmemory-policy") {
		return true
	}
	names := []string{pod.Object.ID().Name, pod.Object.ID().Namespace, c.Name}
	for _, value := range pod.Meta.Labels {
		names = append(names, value)
	}
	return slices.ContainsFunc(names, func(name string) bool { return strings.Contains(strings.ToLower(name), "cache") })
}

// keep says how the data of a server is kept.
func keep(pod *practice.Pod, software *practice.Software) string {
	if pod.Object.ID().Kind == "StatefulSet" {
		return fmt.Sprintf("add volumeClaimTemplates: with a claim, and mount it at %s instead", software.Data[0])
	}
	return fmt.Sprintf("run it as a StatefulSet with volumeClaimTemplates:, mounted at %s, or as its chart or operator does; or use a managed one", software.Data[0])
}
