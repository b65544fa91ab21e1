using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Iggy.Storage.Records;

namespace Iggy.Storage.AtRest;

/// <summary>The keys that records are encrypted with, AES-256 each. Immutable, so that many logs may share one.</summary>
public sealed class EncryptionKeys
{
    /// <summary>Bytes of a key.</summary>
    public const int KeyBytes = 32;

    private static ReadOnlySpan<byte> RecordLabel => "iggy records\0"u8; // one for each use of a key, so that no two derive the same

    private static ReadOnlySpan<byte> MarkLabel => "iggy key mark\0"u8;

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
                throw new ArgumentException($"Encryption key {id} has {key?.Length ?? 0} bytes; it takes {KeyBytes}.", nameof(keys));
            if (!_keys.TryAdd(id, [.. key]))
                throw new ArgumentException($"There are two encryption keys with the id {id}.", nameof(keys));
        }
        if (activeKeyId is { } active && !_keys.ContainsKey(active))
            throw new ArgumentException($"Encryption key {active} is not among the keys.", nameof(activeKeyId));
        ActiveKeyId = activeKeyId;
    }

    /// <summary>Id of the key that records are written with; null when they are written unencrypted.</summary>
    public uint? ActiveKeyId { get; }

    /// <summary>The ids of all keys.</summary>
    internal IEnumerable<uint> Ids => _keys.Keys;

    /// <summary>A cipher for the records of one segment, under a key of its own that is derived from the named one; for one thread at a time.</summary>
    /// <param name="keyId">As records name it.</param>
    /// <param name="logName">Of the log: a record of another one cannot be decrypted here.</param>
    /// <param name="generation">Of the segment: as for the log.</param>
    /// <returns>Null when the key is not here.</returns>
    internal AesGcm? Open(uint keyId, string logName, uint generation)
    {
        if (!_keys.TryGetValue(keyId, out var key))
            return null;

        var name = Encoding.UTF8.GetBytes(logName);
        var info = new byte[RecordLabel.Length + sizeof(uint) + name.Length];
        RecordLabel.CopyTo(info);
        BinaryPrimitives.WriteUInt32LittleEndian(info.AsSpan(RecordLabel.Length), generation);
        name.CopyTo(info.AsSpan(RecordLabel.Length + sizeof(uint)));
        Span<byte> derived = stackalloc byte[KeyBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key, derived, salt: [], info);
        try
        {
            return new AesGcm(derived, RecordEnvelope.TagBytes);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(derived);
        }
    }

    /// <summary>Says of a key that is here which one it is, and gives nothing of it away.</summary>
    internal string Mark(uint keyId)
    {
        Span<byte> mark = stackalloc byte[16];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _keys[keyId], mark, salt: [], MarkLabel);
        return Convert.ToHexStringLower(mark);
    }
}
