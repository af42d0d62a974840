package nodes

import (
	"fmt"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ControlPlaneIP is the address that the control plane shows in the endpoints of the service "kubernetes". The nodes' addresses
// follow it.
const ControlPlaneIP = "10.0.0.1"

// region and zones are where the nodes say they stand.
const region = "sandbox-1"

var zones = []string{"sandbox-1a", "sandbox-1b", "sandbox-1c"}

// size of every node.
var size = corev1.ResourceList{
	corev1.ResourceCPU:              resource.MustParse("16"),
	corev1.ResourceMemory:           resource.MustParse("64Gi"),
	corev1.ResourceEphemeralStorage: resource.MustParse("200Gi"),
	corev1.ResourcePods:             resource.MustParse("110"),
}

// newNode is the node with the given index, from 0, out of count.
func newNode(index int, opts Options) *corev1.Node {
	name := nodeName(index, opts.Count)
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{
			Name: name,
			Labels: map[string]string{
				corev1.LabelHostname:           name,
				corev1.LabelArchStable:         "amd64",
				corev1.LabelOSStable:           "linux",
				corev1.LabelInstanceTypeStable: "simulated",
				corev1.LabelTopologyRegion:     region,
				corev1.LabelTopologyZone:       zones[index%len(zones)],
			},
		},
		Spec: corev1.NodeSpec{
			PodCIDR:  podNetwork(index),
			PodCIDRs: []string{podNetwork(index)},
		},
		Status: corev1.NodeStatus{
			Capacity:    size,
			Allocatable: size,
			Addresses: []corev1.NodeAddress{
				{Type: corev1.NodeInternalIP, Address: nodeIP(index)},
				{Type: corev1.NodeHostName, Address: name},
				// What the API server calls to reach the kubelet, see --kubelet-preferred-address-types.
				{Type: corev1.NodeInternalDNS, Address: "localhost"},
			},
			NodeInfo: corev1.NodeSystemInfo{
				Architecture:            "amd64",
				OperatingSystem:         "linux",
				OSImage:                 "Fairlead sandbox",
				KernelVersion:           "simulated",
				ContainerRuntimeVersion: "simulated://1.0.0",
				KubeletVersion:          opts.KubernetesVersion,
			},
		},
	}
}

// nodeName numbers the nodes from 1, with leading zeros so that they sort.
func nodeName(index, count int) string {
	width := max(2, len(strconv.Itoa(count)))
	return fmt.Sprintf("node-%0*d", width, index+1)
}

// nodeIP is in 10.0.0.0/10, after ControlPlaneIP.
func nodeIP(index int) string {
	n := index + 2
	return fmt.Sprintf("10.%d.%d.%d", n>>16, n>>8&0xff, n&0xff)
}

// podNetwork is a /24 in 10.128.0.0/9 of the node's own, so that no two pods get the same address.
func podNetwork(index int) string {
	return fmt.Sprintf("10.%d.%d.0/24", 128+index>>8, index&0xff)
}
