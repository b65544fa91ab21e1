using System.Security.Cryptography;

namespace Iggy.Storage;

/// <summary>The keys that records are encrypted with, AES-256 each. Immutable, so that many logs may share one.</summary>
public sealed class EncryptionKeys
{
    /// <summary>Bytes of a key.</summary>
    public const int KeyBytes = 32;

    private readonly Dictionary<uint, byte[]> _keys = [];

    /// <summary>Takes copies of the keys.</summary>
    /// <param name="keys">By their ids, which records name; all that are needed to read what is there.</param>
    /// <param name="activeKeyId">Id of the one that records are written with; null to write them unencrypted and to read old ones.</param>
    /// <exception cref="ArgumentException">A key is not of <see cref="KeyBytes"/>, or the active one is not among them.</exception>
    /// <exception cref="PlatformNotSupportedException">There is no AES-GCM on this machine.</exception>
    public EncryptionKeys(IEnumerable<KeyValuePair<uint, byte[]>> keys, uint? activeKeyId)
    {
        ArgumentNullException.ThrowIfNull(keys);
        if (!AesGcm.IsSupported)
            throw new PlatformNotSupportedException("There is no AES-GCM on this machine; OpenSSL brings it.");
        foreach (var (id, key) in keys)
        {
            if (key is not { Length: KeyBytes })
                throw new ArgumentException($"Encryption key {id} is of {key?.Length ?? 0} bytes; it takes {KeyBytes}.", nameof(keys));
            _keys[id] = [.. key];
        }
        if (activeKeyId is { } active && !_keys.ContainsKey(active))
            throw new ArgumentException($"Encryption key {active} is not among the keys.", nameof(activeKeyId));
        ActiveKeyId = activeKeyId;
    }

    /// <summary>Id of the key that records are written with; null when they are written unencrypted.</summary>
    public uint? ActiveKeyId { get; }

    /// <summary>A cipher for one key, for one thread at a time; null when the key is not here.</summary>
    internal AesGcm? Open(uint keyId) => _keys.TryGetValue(keyId, out var key) ? new AesGcm(key, RecordEnvelope.TagBytes) : null;
}
