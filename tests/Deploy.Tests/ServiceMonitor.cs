using k8s.Models;

namespace Iggy.Deploy.Tests;

/// <summary>What the chart says to the Prometheus operator; its types are in no package.</summary>
internal sealed class ServiceMonitor
{
    public string? ApiVersion { get; set; }

    public string? Kind { get; set; }

    public V1ObjectMeta? Metadata { get; set; }

    public Of? Spec { get; set; }

    internal sealed class Of
    {
        public V1LabelSelector? Selector { get; set; }

        public IList<Endpoint>? Endpoints { get; set; }
    }

    internal sealed class Endpoint
    {
        public string? Port { get; set; }

        public string? Path { get; set; }

        public string? Interval { get; set; }
    }
}
