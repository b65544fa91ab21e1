namespace Iggy.Replication;

/// <summary>A node of the cluster, for as long as its data folder lives: the number kept in it, not an address.</summary>
public readonly record struct NodeId(ulong Value)
{
    /// <summary>Sixteen hexadecimal digits.</summary>
    public override string ToString() => Value.ToString("x16", provider: null);
}
