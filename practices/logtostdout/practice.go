// Package logtostdout is the practice that programs write their log to stdout and stderr.
package logtostdout

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
	"github.com/fairlead-dev/fairlead/practice/shell"
)

//go:embed practice.md testdata
var files embed.FS

// Practice is log-to-stdout.
var Practice = &practice.Practice{
	ID:       "log-to-stdout",
	Title:    "Logs go to stdout and stderr",
	Category: practice.Internals,
	Severity: practice.Warning,
	Inputs:   practice.Dockerfiles | practice.Manifests | practice.Cluster,
	Leads:    "kubectl logs and the cluster's log collection show nothing, the file is gone with the container, and nothing keeps it from filling the node's disk",
	Fix:      "let the program log to stdout; one that can only write a file gets a link of it: ln -sf /dev/stdout /var/log/app.log",
	Mends:    practice.Suggests,
	Files:    files,
	Run:      run,
}

func run(p *practice.Pass) {
	for pod := range p.Pods() {
		if metav1.GetControllerOf(pod.Object) != nil {
			continue // it is judged where it is made
		}
		for c := range pod.Containers() {
			if c.Role != practice.Ephemeral && c.Role != practice.Init && !isCollector(c) {
				settings(p, c)
				volumes(p, c)
			}
		}
	}
	for s := range p.Starts() {
		if s.Container == nil || s.Container.Role != practice.Init && !isCollector(s.Container) {
			commands(p, s)
		}
	}
	configMaps(p)
	for f := range p.Files() {
		inDockerfile(p, f)
	}
}

// commands reports what a command line does with the log: one finding, since one change mends it.
func commands(p *practice.Pass, s *practice.Start) {
	links := linked(s.Stage)
	for _, c := range s.Script.Commands {
		redirects := c.Redirects
		for b := c.Block; b != nil; b = b.Outer {
			redirects = append(redirects[:len(redirects):len(redirects)], b.Redirects...)
		}
		for _, r := range redirects {
			if r.Writes() && isLogFile(r.Target) && !links[r.Target] {
				p.Report(practice.Note{At: s.At, Cause: cause(s.Container, r.Target), Message: fmt.Sprintf("%s sends its output to the file %s", s.Whose, r.Target),
					Fix: "leave the redirection out"})
				return
			}
		}
		name, args := c.Program()
		if file := tailed(name, args); file != "" {
			p.Report(practice.Note{At: s.At, Cause: cause(s.Container, file), Message: fmt.Sprintf("%s shows the log file %s by %s: the program that writes it does not log to stdout", s.Whose, file, name)})
			return
		}
		if option, file := loggedTo(c.Words); file != "" && !links[file] && !isDataOf(s, name) {
			p.Report(practice.Note{At: s.At, Cause: cause(s.Container, file), Message: fmt.Sprintf("%s logs to the file %s: %s", s.Whose, file, option)})
			return
		}
	}
}

// cause of all findings about a container's log: the volume that it lies in, which containers share, or the container
// alone. A Dockerfile's have none.
func cause(c *practice.Container, file string) string {
	if c == nil {
		return ""
	}
	for _, mount := range c.VolumeMounts {
		if file == mount.MountPath || strings.HasPrefix(file, mount.MountPath+"/") {
			return fmt.Sprintf("volume %s of %s", mount.Name, c.Pod.Object.ID())
		}
	}
	return fmt.Sprintf("container %s of %s", c.Name, c.Pod.Object.ID())
}

// isDataOf says that what a program calls its log is its data, or an audit trail that is asked for as a file.
func isDataOf(s *practice.Start, name string) bool {
	return s.Container != nil && keepsLogs(s.Container.Image) || name == "kube-apiserver" || name == "tensorboard"
}

// tailed is the log file that a command follows.
func tailed(name string, args []string) string {
	if name != "tail" && name != "xtail" && name != "multitail" {
		return ""
	}
	follows := name != "tail" || slices.ContainsFunc(args, func(a string) bool {
		return strings.HasPrefix(a, "--follow") || strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "--") && strings.ContainsAny(a, "fF")
	})
	if i := slices.IndexFunc(args, isLogFile); follows && i >= 0 {
		return args[i]
	}
	return ""
}

// options that name a log file end so, without dashes and underscores; "logdir" and "logpath" in the middle of nothing.
var options = []string{"logfile", "logpath", "logdir", "logfilename", "loggingfilename", "loggingfilepath", "loggingfile", "accesslog", "errorlog", "logerror", "loggingpath",
	"logdirectory", "logoutputpath", "logtofile", "logdestination", "logoutput", "logsdir", "logspath"}

// elsewhere are words in names of what is no log, or one that is asked for as a file.
var elsewhere = []string{"audit", "binlog", "changelog", "catalog"}

var joiners = strings.NewReplacer("-", "", "_", "", ".", "")

func namesLog(name string) bool {
	if !strings.Contains(name, "log") && !strings.Contains(name, "LOG") && !strings.Contains(name, "Log") {
		return false
	}
	plain := joiners.Replace(strings.ToLower(name))
	in := func(word string) bool { return strings.Contains(plain, word) }
	return !slices.ContainsFunc(elsewhere, in) && slices.ContainsFunc(options, func(o string) bool { return strings.HasSuffix(plain, o) })
}

// loggedTo is the option among arguments that sends the log to a file.
func loggedTo(args []string) (option, file string) {
	for i, arg := range args {
		if strings.ContainsAny(arg, " \n") {
			continue
		}
		name, value, hasValue := strings.Cut(arg, "=")
		if !hasValue && i+1 < len(args) {
			value = args[i+1]
		}
		switch {
		case (arg == "-c" || arg == "--config") && value == "logging_collector=on", arg == "logging_collector=on":
			return "logging_collector=on", "of its data directory"
		case strings.HasPrefix(arg, "-") && namesLog(strings.TrimPrefix(name, "-D")) && isFile(value):
			return strings.TrimSpace(name), value
		}
	}
	return "", ""
}

// isLogFile says that a path is a log's by its directory or its ending. Devices and what leads to a process's own
// outputs are none.
func isLogFile(file string) bool {
	if isDevice(file) {
		return false
	}
	switch path.Ext(file) {
	case ".log", ".out", ".err":
		return true
	}
	return inLogDir(path.Dir(file))
}

func isDevice(file string) bool {
	return strings.HasPrefix(file, "/dev/") || strings.HasPrefix(file, "/proc/") || strings.HasPrefix(file, "&")
}

// inLogDir says that a directory, or one it is in, is for logs.
func inLogDir(dir string) bool {
	return slices.ContainsFunc(strings.Split(strings.ToLower(dir), "/"), func(step string) bool {
		return step == "log" || step == "logs" || strings.HasSuffix(step, "-logs") || strings.HasSuffix(step, "_logs")
	})
}

// isFile says that a setting's value is a path of a file, or of a directory for such.
func isFile(value string) bool {
	value = strings.Trim(value, `"'`)
	if value == "" || isDevice(value) || strings.ContainsAny(value, " \n*") || strings.Contains(value, "://") {
		return false
	}
	return strings.HasPrefix(value, "/") || strings.HasPrefix(value, "./") || path.Ext(value) == ".log" || strings.HasPrefix(value, "logs/")
}

// settings reports environment variables that send the log to a file, alone or in the options of a JVM.
func settings(p *practice.Pass, c *practice.Container) {
	if keepsLogs(c.Image) {
		return
	}
	for i, env := range c.Env {
		if what := setting(env.Name, env.Value); what != "" {
			p.Report(practice.Note{
				At:      c.At("env", strconv.Itoa(i), "value"),
				Message: fmt.Sprintf("env %q of %s %q %s", env.Name, c.Role, c.Name, what),
				Fix:     "leave the variable out, or set it to /dev/stdout if the program wants a file", Cause: cause(c, env.Value),
			})
		}
	}
}

// setting says what a variable does to the log; "" if nothing.
func setting(name, value string) string {
	switch {
	case namesLog(name) && isFile(value):
		return fmt.Sprintf("sends the log to the file %s", value)
	case namesLog(name) && (strings.EqualFold(value, "file") || strings.EqualFold(value, "true") && strings.HasSuffix(joiners.Replace(strings.ToLower(name)), "tofile")):
		return fmt.Sprintf("sends the log to a file: %s", value)
	}
	if strings.Contains(value, "-Dlog") {
		if option, file := loggedTo(strings.Fields(value)); file != "" {
			return fmt.Sprintf("sends the log to the file %s: %s", file, option)
		}
	}
	return ""
}

func configMaps(p *practice.Pass) {
	for config := range p.Of("", "ConfigMap") {
		data, _ := config.Get("data").(map[string]any)
		for key, value := range data {
			text, _ := value.(string)
			if key != strings.ToUpper(key) || strings.Contains(text, "\n") { // only what becomes an environment
				continue
			}
			if what := setting(key, text); what != "" {
				p.Report(practice.Note{At: config.At("data", key), Message: fmt.Sprintf("key %q of the ConfigMap %s", key, what)})
			}
		}
	}
}

// volumes reports volumes that a container writes its logs to. One that it only reads is somebody else's; what is of the
// node, in a DaemonSet, is an agent's.
func volumes(p *practice.Pass, c *practice.Container) {
	if keepsLogs(c.Image) {
		return
	}
	for i, mount := range c.VolumeMounts {
		if mount.ReadOnly || !inLogDir(mount.MountPath) || isDevice(mount.MountPath) {
			continue
		}
		kind := volumeKind(c.Pod, mount.Name)
		if kind == "" || kind == "hostPath" && c.Pod.Object.ID().Kind == "DaemonSet" {
			continue
		}
		p.Report(practice.Note{
			At:      c.At("volumeMounts", strconv.Itoa(i), "mountPath"),
			Message: fmt.Sprintf("%s %q keeps logs in a volume: %s is %s", c.Role, c.Name, mount.MountPath, kind),
			Fix:     "let the program log to stdout and remove the volume; if others read its files, let them read the cluster's logs",
			Cause:   cause(c, mount.MountPath),
		})
	}
}

// volumeKind names what a pod's volume is, if it can be written; a claim of a StatefulSet's template is found nowhere
// in the pod.
func volumeKind(pod *practice.Pod, name string) string {
	i := slices.IndexFunc(pod.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == name })
	if i < 0 {
		if pod.Object.ID().Kind == "StatefulSet" {
			return "a claim"
		}
		return ""
	}
	switch v := pod.Spec.Volumes[i]; {
	case v.EmptyDir != nil:
		return "an emptyDir"
	case v.PersistentVolumeClaim != nil:
		return "a claim"
	case v.HostPath != nil:
		return "hostPath"
	case v.NFS != nil:
		return "NFS"
	}
	return ""
}

// collectors are programs that read log files to send them on.
var collectors = []string{"fluent", "filebeat", "promtail", "vector", "logstash", "alloy", "grafana-agent", "opentelemetry-collector", "otel", "datadog", "newrelic",
	"splunk", "node-problem-detector", "logrotate", "cadvisor", "falco", "telegraf", "cloudwatch", "stackdriver", "dynatrace", "sumologic", "rsyslog", "syslog", "logdna", "logagent", "beats", "nri-", "infrastructure"}

func isCollector(c *practice.Container) bool {
	return slices.ContainsFunc(collectors, func(name string) bool {
		return strings.Contains(path.Base(c.Image), name) || strings.Contains(c.Image, "/"+name)
	})
}

// keepers are programs whose data are logs.
var keepers = []string{"kafka", "zookeeper", "loki", "victoria-logs", "victorialogs", "elasticsearch", "opensearch", "bookkeeper", "pulsar", "redpanda", "etcd", "nats", "kube-apiserver", "trillian", "rekor", "tensorboard", "spark-history", "mlflow"}

func keepsLogs(image string) bool {
	return slices.ContainsFunc(keepers, func(name string) bool { return strings.Contains(image, name) })
}

// linked are the files that an image links to its own output.
func linked(stage *dockerfile.Stage) map[string]bool {
	links := map[string]bool{}
	for ; stage != nil; stage = stage.Stage {
		for _, in := range stage.Instructions {
			if in.Keyword != "RUN" || !strings.Contains(in.Text+in.Heredoc, "/dev/std") && !strings.Contains(in.Text+in.Heredoc, "/proc/") {
				continue
			}
			for _, text := range append(slices.Clone(in.Args), in.Heredoc) {
				for _, c := range shell.Parse(text).Commands {
					if name, args := c.Program(); name == "ln" && len(args) > 0 {
						links[args[len(args)-1]] = true
					}
				}
			}
		}
	}
	return links
}

// inDockerfile reports settings and volumes of the image that a Dockerfile makes.
func inDockerfile(p *practice.Pass, f *dockerfile.File) {
	links := linked(f.Final())
	for stage := f.Final(); stage != nil; stage = stage.Stage {
		for _, in := range stage.Instructions {
			switch in.Keyword {
			case "ENV":
				for _, pair := range in.Args {
					name, value, _ := strings.Cut(pair, "=")
					if what := setting(name, value); what != "" && !links[value] {
						p.Reportf(practice.Line(f, in.Line), "ENV %s %s", name, what)
					}
				}
			case "VOLUME":
				for _, dir := range in.Args {
					if inLogDir(dir) {
						p.Reportf(practice.Line(f, in.Line), "VOLUME %s keeps logs in a volume", dir)
					}
				}
			}
		}
	}
}
