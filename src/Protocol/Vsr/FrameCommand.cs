namespace Iggy.Protocol.Vsr;

/// <summary>What a frame is. All other values travel between servers only.</summary>
public enum FrameCommand : byte
{
    /// <summary>From a client.</summary>
    Request = 5,

    /// <summary>To a client.</summary>
    Reply = 8,

    /// <summary>To a client: its session, or its login, is refused.</summary>
    Eviction = 13,
}

/// <summary>Where the fields lie that all frames have.</summary>
internal static class CommonHeader
{
    public const int SizeInBytes = 256;
    public const int SizeAt = 48, CommandAt = 60, BodyAt = SizeInBytes;
}
