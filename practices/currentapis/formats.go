package currentapis

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/fairlead-dev/fairlead/practice"
)

// format is how the text of a field must look beyond its type.
type format struct {
	holds func(string) bool
	must  string // what it must be
}

var (
	dnsLabel     = format{isLabelName, "lower-case letters, digits and -, at most 63"}
	dnsSubdomain = format{isSubdomain, "lower-case letters, digits, - and ., at most 253"}
	pathSegment  = format{func(s string) bool { return len(content.IsPathSegmentName(s)) == 0 }, "without / and %, and not . or .."}
	labelKey     = format{isLabelKey, "letters, digits, -, _ and ., at most 63, after a domain and / if there is one"}
	labelValue   = format{isLabelValue, "letters, digits, -, _ and ., at most 63, first and last a letter or digit"}
	portName     = format{func(s string) bool { return len(validation.IsValidPortName(s)) == 0 }, "lower-case letters, digits and -, at most 15, with a letter"}
	dataKey      = format{func(s string) bool { return len(validation.IsConfigMapKey(s)) == 0 }, "letters, digits, -, _ and ., at most 253"}
	variable     = format{func(s string) bool { return len(validation.IsRelaxedEnvVarName(s)) == 0 }, "printable ASCII without ="}
	schedule     = format{isSchedule, "five fields (minute, hour, day, month, weekday), or @hourly and its like"}
	rooted       = format{func(s string) bool { return strings.HasPrefix(s, "/") }, "a path that starts with /"}
	resourceName = format{isResource, "cpu, memory, ephemeral-storage, hugepages-SIZE, or a name with a domain like nvidia.com/gpu"}
	host         = format{isHost, "a domain name, perhaps with *. in front"}
)

// texts are the formats of fields, by their struct and name.
var texts = map[string]format{
	"k8s.io/apimachinery/pkg/apis/meta/v1.ObjectMeta.namespace":         dnsLabel,
	"k8s.io/api/core/v1.Container.name":                                 dnsLabel,
	"k8s.io/api/core/v1.EphemeralContainer.name":                        dnsLabel,
	"k8s.io/api/core/v1.Volume.name":                                    dnsLabel,
	"k8s.io/api/core/v1.ServicePort.name":                               dnsLabel,
	"k8s.io/api/core/v1.ContainerPort.name":                             portName,
	"k8s.io/api/core/v1.EnvVar.name":                                    variable,
	"k8s.io/api/batch/v1.CronJobSpec.schedule":                          schedule,
	"k8s.io/api/networking/v1.IngressRule.host":                         host,
	"k8s.io/api/networking/v1.HTTPIngressPath.path":                     rooted,
	"k8s.io/apimachinery/pkg/apis/meta/v1.LabelSelectorRequirement.key": labelKey,
	coreV1 + "PodSpec.serviceAccountName":                               dnsSubdomain,
	coreV1 + "ServicePort.targetPort":                                   portName,
	coreV1 + "HTTPGetAction.port":                                       portName,
	coreV1 + "TCPSocketAction.port":                                     portName,
	networkingV1 + "IngressSpec.ingressClassName":                       dnsSubdomain,
	networkingV1 + "IngressServiceBackend.name":                         dnsLabel,
	networkingV1 + "ServiceBackendPort.name":                            portName,
}

// keyed are the formats of the keys and values of mappings.
var keyed = map[string]struct{ key, value format }{
	"k8s.io/apimachinery/pkg/apis/meta/v1.ObjectMeta.labels":         {labelKey, labelValue},
	"k8s.io/apimachinery/pkg/apis/meta/v1.ObjectMeta.annotations":    {labelKey, format{}},
	"k8s.io/apimachinery/pkg/apis/meta/v1.LabelSelector.matchLabels": {labelKey, labelValue},
	"k8s.io/api/core/v1.ServiceSpec.selector":                        {labelKey, labelValue},
	"k8s.io/api/core/v1.PodSpec.nodeSelector":                        {labelKey, labelValue},
	coreV1 + "ResourceRequirements.requests":                         {resourceName, format{}},
	coreV1 + "ResourceRequirements.limits":                           {resourceName, format{}},
	"k8s.io/api/core/v1.ConfigMap.data":                              {dataKey, format{}},
	"k8s.io/api/core/v1.Secret.data":                                 {dataKey, format{}},
	"k8s.io/api/core/v1.Secret.stringData":                           {dataKey, format{}},
}

// ports are the fields that hold the number of a port.
var ports = map[string]bool{
	"k8s.io/api/core/v1.ContainerPort.containerPort": true,
	"k8s.io/api/core/v1.ServicePort.port":            true,
	"k8s.io/api/core/v1.ServicePort.targetPort":      true,
	"k8s.io/api/core/v1.HTTPGetAction.port":          true,
	"k8s.io/api/core/v1.TCPSocketAction.port":        true,
	"k8s.io/api/core/v1.GRPCAction.port":             true,
}

// counts are the fields that hold a number of things or seconds, or an id: the server takes none below 0.
var counts = map[string]bool{
	"replicas": true, "revisionHistoryLimit": true, "backoffLimit": true, "parallelism": true, "completions": true,
	"successfulJobsHistoryLimit": true, "failedJobsHistoryLimit": true, "minReadySeconds": true, "periodSeconds": true, "timeoutSeconds": true,
	"initialDelaySeconds": true, "failureThreshold": true, "successThreshold": true, "terminationGracePeriodSeconds": true,
	"activeDeadlineSeconds": true, "progressDeadlineSeconds": true, "ttlSecondsAfterFinished": true, "runAsUser": true, "runAsGroup": true,
	"fsGroup": true, "maxUnavailable": true, "maxSurge": true, "minAvailable": true,
}

// positive are the fields that hold a number of which the server takes none below 1.
var positive = map[string]bool{
	coreV1 + "TopologySpreadConstraint.maxSkew": true, coreV1 + "TopologySpreadConstraint.minDomains": true,
}

// format judges how a field of a struct is written; j.path leads to the field.
func (j *judge) format(holder, field string, v any) {
	var short [64]byte // a string for each field would be a sixth of what this practice takes
	id := append(append(append(short[:0], holder...), '.'), field...)
	j.aged(holder, field)
	switch v := v.(type) {
	case string:
		if f, ok := texts[string(id)]; ok && v != "" {
			j.text(f, v)
		}
	case map[string]any:
		f, ok := keyed[string(id)]
		if !ok {
			return
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			j.step(key, func() {
				j.key(f.key, key, field)
				if o, ok := outdatedKeys[field][key]; ok {
					j.reportOutdated(key, o, j.renamedLabel(field, v, o.use))
				}
				if s, ok := v[key].(string); ok && f.value.holds != nil {
					j.text(f.value, s)
				}
			})
		}
	case int64:
		if v < 0 && counts[field] {
			j.note(practice.Note{Message: fmt.Sprintf("%s is %d", field, v), Leads: refused, Fix: "write 0 or more"})
		}
		if v < 1 && positive[string(id)] {
			j.note(practice.Note{Message: fmt.Sprintf("%s is %d", field, v), Leads: refused, Fix: "write 1 or more"})
		}
		if ports[string(id)] && (v < 1 || v > 65535) {
			j.note(practice.Note{Message: fmt.Sprintf("%s is %d, which is no port", field, v), Leads: refused, Fix: "write a number from 1 to 65535"})
		}
	}
}

func (j *judge) text(f format, s string) {
	switch {
	case f.holds(s):
	case isPlaceholder(s):
		j.placeholder(s)
	default:
		j.note(practice.Note{Message: fmt.Sprintf("%s %q can't be written so", j.last(), s), Leads: refused, Fix: "it must be " + f.must})
	}
}

func (j *judge) key(f format, key, field string) {
	switch {
	case f.holds(key):
	case isPlaceholder(key):
		j.placeholder(key)
	default:
		j.note(practice.Note{Message: fmt.Sprintf("key %q of %s can't be written so", key, field), Leads: refused, Fix: "it must be " + f.must})
	}
}

// nameFormat is how objects of a built-in kind may be called.
func nameFormat(group, kind string) format {
	switch {
	case group == "rbac.authorization.k8s.io":
		return pathSegment
	case group == "" && (kind == "Namespace" || kind == "Service"):
		return dnsLabel
	case kind == "IPAddress": // an address, by its own rules
		return format{func(string) bool { return true }, ""}
	}
	return dnsSubdomain
}

// isLabelName is the library's IsDNS1123Label without its regular expression: there are many to judge.
func isLabelName(s string) bool {
	return s != "" && len(s) <= validation.DNS1123LabelMaxLength && s[0] != '-' && s[len(s)-1] != '-' && consists(s, isLowerDigit, "-")
}

func isSubdomain(s string) bool {
	if len(s) > validation.DNS1123SubdomainMaxLength {
		return false
	}
	for part := range strings.SplitSeq(s, ".") {
		if part == "" || part[0] == '-' || part[len(part)-1] == '-' || !consists(part, isLowerDigit, "-") {
			return false
		}
	}
	return true
}

func isLabelValue(s string) bool {
	return s == "" || len(s) <= validation.LabelValueMaxLength && isLetterDigit(s[0]) && isLetterDigit(s[len(s)-1]) && consists(s, isLetterDigit, "-_.")
}

func isLabelKey(s string) bool {
	domain, name, prefixed := strings.Cut(s, "/")
	if !prefixed {
		name = domain
	}
	return name != "" && isLabelValue(name) && (!prefixed || isSubdomain(strings.ToLower(domain)))
}

func isHost(s string) bool { return isSubdomain(strings.TrimPrefix(s, "*.")) }

func isResource(s string) bool {
	switch s {
	case "cpu", "memory", "ephemeral-storage":
		return true
	}
	return strings.HasPrefix(s, "hugepages-") || strings.Contains(s, "/") && isLabelKey(s)
}

func isSchedule(s string) bool {
	if strings.HasPrefix(s, "@") {
		return slices.Contains([]string{"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}, s) || strings.HasPrefix(s, "@every ")
	}
	if strings.HasPrefix(s, "TZ=") || strings.HasPrefix(s, "CRON_TZ=") {
		return false // spec.timeZone says it
	}
	return len(strings.Fields(s)) == 5
}

func isBase64(s string) bool {
	// The server's decoder passes over line breaks, and so does this.
	_, err := base64.StdEncoding.DecodeString(s)
	return err == nil
}

func isLowerDigit(c byte) bool  { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }
func isLetterDigit(c byte) bool { return isLowerDigit(c) || c >= 'A' && c <= 'Z' }

// consists says whether a text has only some characters and others.
func consists(s string, some func(byte) bool, others string) bool {
	for i := range len(s) {
		if !some(s[i]) && strings.IndexByte(others, s[i]) < 0 {
			return false
		}
	}
	return true
}
