using k8s.Models;

namespace Iggy.Deploy.Tests;

/// <summary>What KEDA is told to scale; its types are in no package.</summary>
internal sealed class ScaledObject
{
    public string? ApiVersion { get; set; }

    public string? Kind { get; set; }

    public V1ObjectMeta? Metadata { get; set; }

    public Of? Spec { get; set; }

    internal sealed class Of
    {
        public Target? ScaleTargetRef { get; set; }

        public int MinReplicaCount { get; set; }

        public int MaxReplicaCount { get; set; }

        public int PollingInterval { get; set; }

        public IList<Trigger>? Triggers { get; set; }
    }

    internal sealed class Target
    {
        public string? Name { get; set; }
    }

    internal sealed class Trigger
    {
        public string? Type { get; set; }

        public IDictionary<string, string>? Metadata { get; set; }
    }
}
