package health

import "fmt"

// koperator: a broker whose configuration is out of sync waits for a rolling upgrade. While the cluster is called running there
// is none on. https://github.com/banzaicloud/koperator/blob/master/api/v1beta1/common_types.go
func koperator(o object) (Health, bool) {
	if o.status.text("state") != "ClusterRunning" {
		return Health{}, false
	}
	brokers := o.status.sub("brokersState")
	for _, broker := range sorted(brokers) {
		if brokers.sub(broker).text("configurationState") == "ConfigOutOfSync" {
			return Health{State: Degraded, Reason: fmt.Sprintf("the configuration of broker %s is out of sync", broker)}, true
		}
	}
	return Health{}, false
}
