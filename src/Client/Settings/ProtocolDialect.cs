namespace Iggy.Client;

/// <summary>What a client speaks with its server. Both do the same; a server of this product understands both on every port.</summary>
public enum ProtocolDialect
{
    /// <summary>The dialect of Apache Iggy 0.8.</summary>
    Classic,

    /// <summary>The dialect of the 0.9 line, protocol 0.11. Creation times in one batch may lie up to 71 minutes apart.</summary>
    Newer,
}
