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

    private static ReadOnlySpan<byte> WrapLabel => "iggy stream keys\0"u8;

    /// <summary>Id under which records name the key of the stream that they are in.</summary>
    public const uint StreamKeyId = uint.MaxValue;

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
            if (id == StreamKeyId)
                throw new ArgumentException($"{id} is not the id of an encryption key; allowed: 0 to {StreamKeyId - 1}.", nameof(keys));
            if (!_keys.TryAdd(id, [.. key]))
                throw new ArgumentException($"There are two encryption keys with the id {id}.", nameof(keys));
        }
        if (activeKeyId is { } active && !_keys.ContainsKey(active))
            throw new ArgumentException($"Encryption key {active} is not among the keys.", nameof(activeKeyId));
        ActiveKeyId = activeKeyId;
    }

    private EncryptionKeys(EncryptionKeys server, byte[] streamKey) =>
        (_keys, ActiveKeyId) = (new Dictionary<uint, byte[]>(server._keys) { [StreamKeyId] = streamKey }, StreamKeyId);

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
    internal string Mark(uint keyId) => MarkOf(_keys[keyId]);

    /// <summary>What tells the active key from others: 16 hexadecimal digits. Null without one.</summary>
    public string? ActiveFingerprint => ActiveKeyId is { } active ? Mark(active)[..WrappedKey.FingerprintChars] : null;

    /// <summary>Encrypts the key of a stream with the active key.</summary>
    /// <param name="streamKey">Of <see cref="KeyBytes"/>.</param>
    /// <exception cref="InvalidOperationException">There is no active key.</exception>
    public WrappedKey Wrap(ReadOnlySpan<byte> streamKey)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(streamKey.Length, KeyBytes);
        var active = ActiveKeyId ?? throw new InvalidOperationException("There is no active key.");
        var box = new byte[WrappedKey.BoxBytes];
        RandomNumberGenerator.Fill(box.AsSpan(0, RecordEnvelope.NonceBytes));
        var fingerprint = MarkOf(streamKey)[..WrappedKey.FingerprintChars];
        using var cipher = OpenWrap(active);
        cipher.Encrypt(box.AsSpan(0, RecordEnvelope.NonceBytes), streamKey, box.AsSpan(RecordEnvelope.NonceBytes, KeyBytes), box.AsSpan(RecordEnvelope.NonceBytes + KeyBytes), Encoding.ASCII.GetBytes(fingerprint));
        return new WrappedKey(active, fingerprint, Mark(active)[..WrappedKey.FingerprintChars], box);
    }

    /// <summary>The same key of a stream, encrypted with the active key.</summary>
    /// <exception cref="EncryptionKeyException">The key that it is encrypted with is not here, or is another one; or it was changed.</exception>
    public WrappedKey Rewrap(WrappedKey wrapped)
    {
        var key = Unwrap(wrapped);
        try
        {
            return Wrap(key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>The keys of the logs of a stream with a key of its own: records are written with that one alone.</summary>
    /// <exception cref="EncryptionKeyException">The key that it is encrypted with is not here, or is another one; or it was changed.</exception>
    public EncryptionKeys WithStreamKey(WrappedKey wrapped) => new(this, Unwrap(wrapped));

    private byte[] Unwrap(WrappedKey wrapped)
    {
        if (!_keys.ContainsKey(wrapped.KeyId))
            throw new EncryptionKeyException($"The key of a stream needs encryption key {wrapped.KeyId}, which is not configured.");
        var (box, key) = (wrapped.Box, new byte[KeyBytes]);
        using var cipher = OpenWrap(wrapped.KeyId);
        try
        {
            cipher.Decrypt(box.AsSpan(0, RecordEnvelope.NonceBytes), box.AsSpan(RecordEnvelope.NonceBytes, KeyBytes), box.AsSpan(RecordEnvelope.NonceBytes + KeyBytes), key, Encoding.ASCII.GetBytes(wrapped.Fingerprint));
            return key;
        }
        catch (AuthenticationTagMismatchException)
        {
            throw new EncryptionKeyException($"The key of a stream was not encrypted with encryption key {wrapped.KeyId} as it is configured, or was changed.");
        }
    }

    private AesGcm OpenWrap(uint keyId)
    {
        Span<byte> derived = stackalloc byte[KeyBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _keys[keyId], derived, salt: [], WrapLabel);
        try
        {
            return new AesGcm(derived, RecordEnvelope.TagBytes);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(derived);
        }
    }

    private static string MarkOf(ReadOnlySpan<byte> key)
    {
        Span<byte> mark = stackalloc byte[16];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key, mark, salt: [], MarkLabel);
        return Convert.ToHexStringLower(mark);
    }
}
