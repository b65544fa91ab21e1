using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Iggy.Storage.Records;

namespace Iggy.Storage.AtRest;

/// <summary>
/// AES-256-GCM over what a record holds, with a key for each segment. The head of the record and the clear part of its envelope are authenticated
/// with it, so a body cannot be moved to another partition, segment, offset or time. For one thread at a time: the system's cipher contexts
/// are not for more.
/// </summary>
/// <param name="keys">Null when there are none: nothing is encrypted, and nothing encrypted can be read.</param>
/// <param name="logName">Goes into the keys of the segments.</param>
internal sealed class RecordCipher(EncryptionKeys? keys, string logName) : IDisposable
{
    private const int HeadBytes = 48; // of the record header: all but its two checksums, one of which covers the ciphertext
    private const int MaxBoundBytes = HeadBytes + RecordEnvelope.SizeInBytes + ProducerSection.SizeInBytes;
    private const int MaxCiphers = 8; // segments in use at once: the active one and those that readers are in

    private readonly Dictionary<ulong, AesGcm> _ciphers = []; // by key id and generation

    /// <summary>Whether records are to be encrypted.</summary>
    public bool IsOn => keys?.ActiveKeyId is not null;

    /// <summary>
    /// Encrypts with a random nonce. A segment file is below 4 GiB and an encrypted record above 128 bytes, so below 2^25 of them share a
    /// key, far from the 2^32 that are safe with random nonces of 96 bits.
    /// </summary>
    /// <param name="head">The header as it will be, checksums aside.</param>
    /// <param name="framesBytes">For the envelope.</param>
    /// <param name="source">Frames, packed or not.</param>
    /// <param name="body">Gets envelope and ciphertext; as long as both. Has the section of a producer already.</param>
    public void Encrypt(in RecordHeader head, uint framesBytes, ReadOnlySpan<byte> source, Span<byte> body)
    {
        var keyId = keys!.ActiveKeyId!.Value;
        var envelope = new RecordEnvelope { FramesSize = framesBytes, KeyId = keyId };
        MemoryMarshal.Write(body, in envelope);
        var nonce = body.Slice(RecordEnvelope.NoncePosition, RecordEnvelope.NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        Span<byte> bound = stackalloc byte[MaxBoundBytes];
        Find(keyId, head.Generation)!.Encrypt(nonce, source, body[head.EnvelopeBytes..],
            body.Slice(RecordEnvelope.TagPosition, RecordEnvelope.TagBytes), Bind(in head, body, bound));
    }

    /// <summary>Decrypts a body whose checksum holds.</summary>
    /// <param name="header">Of the record.</param>
    /// <param name="body">Envelope and ciphertext.</param>
    /// <param name="target">As long as the ciphertext.</param>
    /// <returns>Null, or for people why it is not readable; the target holds nothing then.</returns>
    public string? Decrypt(in RecordHeader header, ReadOnlySpan<byte> body, Span<byte> target)
    {
        var keyId = MemoryMarshal.Read<RecordEnvelope>(body).KeyId;
        if (Find(keyId, header.Generation) is not { } cipher)
            return $"a record needs encryption key {keyId}, which is not configured";

        Span<byte> bound = stackalloc byte[MaxBoundBytes];
        try
        {
            cipher.Decrypt(body.Slice(RecordEnvelope.NoncePosition, RecordEnvelope.NonceBytes), body[header.EnvelopeBytes..],
                body.Slice(RecordEnvelope.TagPosition, RecordEnvelope.TagBytes), target, Bind(in header, body, bound));
            return null;
        }
        catch (AuthenticationTagMismatchException) // tampered with, or another key under the same id: the caller reports the offsets
        {
            return $"a record was not written with encryption key {keyId} as it is configured, or was changed";
        }
    }

    public void Dispose()
    {
        foreach (var cipher in _ciphers.Values)
            cipher.Dispose();
        _ciphers.Clear();
    }

    // What is authenticated beside the ciphertext.
    private static ReadOnlySpan<byte> Bind(in RecordHeader head, ReadOnlySpan<byte> body, Span<byte> bound)
    {
        MemoryMarshal.AsBytes(new ReadOnlySpan<RecordHeader>(in head))[..HeadBytes].CopyTo(bound);
        body[..RecordEnvelope.SizeInBytes].CopyTo(bound[HeadBytes..]);
        if (!head.HasProducer)
            return bound[..(HeadBytes + RecordEnvelope.SizeInBytes)];
        body[RecordEnvelope.EncryptedSizeInBytes..head.EnvelopeBytes].CopyTo(bound[(HeadBytes + RecordEnvelope.SizeInBytes)..]);
        return bound[..MaxBoundBytes];
    }

    private AesGcm? Find(uint keyId, uint generation)
    {
        var place = ((ulong)keyId << 32) | generation;
        if (_ciphers.TryGetValue(place, out var cipher) || (cipher = keys?.Open(keyId, logName, generation)) is null)
            return cipher;
        if (_ciphers.Count == MaxCiphers)
            Dispose(); // rare, and each is quickly made again
        _ciphers[place] = cipher;
        return cipher;
    }
}
