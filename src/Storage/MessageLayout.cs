namespace Iggy.Storage;

/// <summary>How the messages of a batch lie in memory when they come in or go out.</summary>
public enum MessageLayout : byte
{
    /// <summary>Messages back to back: a 64-byte header, the payload, the user headers (dialect of 0.8.0).</summary>
    Classic = 0,

    /// <summary>A 256-byte batch header, then frames of 48 bytes, payload and user headers (the newer dialect).</summary>
    Compact = 1,

    /// <summary>As <see cref="Compact"/>, and the head of a batch says which producer has numbered it. Going out only: coming in a batch says it by itself.</summary>
    Numbered = 2,
}
