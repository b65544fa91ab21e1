namespace Iggy.Gateway.Sessions;

/// <summary>What a connection speaks.</summary>
internal enum Dialect : byte
{
    /// <summary>It has not said anything yet.</summary>
    Unknown,

    /// <summary>The dialect of Apache Iggy 0.8.</summary>
    Classic,

    /// <summary>The newer one, of the 0.9 line and later.</summary>
    Vsr,
}
