using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Hosting;
using Iggy.Grains.Interfaces.Streams;
using Iggy.Grains.Options;
using Iggy.Storage.AtRest;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Grains.Streams;

/// <summary>Keys of streams, which are kept encrypted with the key of the server and never in the clear.</summary>
internal sealed partial class StreamKeys(IOptions<EncryptionOptions> options, ILogger<StreamKeys> logger) : IMessageKeys
{
    private readonly EncryptionKeys? _server = options.Value.CreateKeys();

    /// <inheritdoc/>
    public string? ServerFingerprint => _server?.ActiveFingerprint;

    /// <summary>Whether any key is given, so that there may be streams with keys of their own.</summary>
    public bool HasAny => _server is not null;

    /// <summary>Encrypts the key of a new stream.</summary>
    /// <exception cref="RefusedException"><see cref="Refusal.StreamKeyUnavailable"/>.</exception>
    public StreamKey Wrap(byte[] key) => _server is { ActiveKeyId: not null }
        ? Describe(_server.Wrap(key))
        : throw new RefusedException(Refusal.StreamKeyUnavailable, $"A stream's key is kept encrypted with the server's, and there is none ({EncryptionOptions.Section}).");

    /// <summary>The same key, encrypted with the present key of the server; the very text where it is, or where messages are not encrypted any more. What cannot be
    /// decrypted stays as it is: whoever opens a log of that stream is told why.</summary>
    public string Renew(string wrapped)
    {
        try
        {
            return _server?.ActiveKeyId is { } active && WrappedKey.Parse(wrapped) is var key && key.KeyId != active ? _server.Rewrap(key).ToString() : wrapped;
        }
        catch (EncryptionKeyException unreadable)
        {
            LogNotRenewed(logger, unreadable.Message);
            return wrapped;
        }
    }

    /// <summary>As the other, of an entry.</summary>
    public StreamKey Renew(StreamKey key) => Renew(key.Wrapped) is var wrapped && wrapped != key.Wrapped ? Describe(WrappedKey.Parse(wrapped)) : key;

    /// <summary>The keys of a log.</summary>
    /// <param name="wrapped">Of its stream; null where that has none of its own.</param>
    /// <exception cref="EncryptionKeyException">The key that it is encrypted with is not given.</exception>
    public EncryptionKeys? Of(string? wrapped) => wrapped is null ? _server
        : (_server ?? throw new EncryptionKeyException("The stream has a key, and the server has none to decrypt it with.")).WithStreamKey(WrappedKey.Parse(wrapped));

    [LoggerMessage(2124, LogLevel.Error, "The key of a stream could not be encrypted with the server's present key: {Reason}")]
    private static partial void LogNotRenewed(ILogger logger, string reason);

    private static StreamKey Describe(WrappedKey key) => new(key.ToString(), key.Fingerprint, key.ServerFingerprint);
}
