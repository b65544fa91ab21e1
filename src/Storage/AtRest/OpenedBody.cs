using Iggy.Storage.Files;

namespace Iggy.Storage.AtRest;

/// <summary>The frames of a record, or why there are none. Dispose it when they are not needed any more.</summary>
internal ref struct OpenedBody
{
    private byte[]? _rented; // owned

    /// <summary>Frames that somebody else owns.</summary>
    public OpenedBody(ReadOnlySpan<byte> frames) => Frames = frames;

    /// <summary>Frames in an array of <see cref="LargeArrays"/>, which goes back there.</summary>
    public OpenedBody(byte[] rented, int bytes)
    {
        _rented = rented;
        Frames = rented.AsSpan(0, bytes);
    }

    /// <summary>Frames that cannot be given.</summary>
    public OpenedBody(string failure) => Failure = failure;

    public ReadOnlySpan<byte> Frames { get; }

    /// <summary>Null when there are frames; else the reason, for people.</summary>
    public string? Failure { get; }

    public void Dispose()
    {
        if (_rented is not null)
            LargeArrays.Return(_rented);
        _rented = null;
    }
}
