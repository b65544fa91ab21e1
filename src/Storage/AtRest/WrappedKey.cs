using System.Globalization;
using Iggy.Storage.Records;

namespace Iggy.Storage.AtRest;

/// <summary>The key of a stream, encrypted with a key of the server: of use to nobody who has not got that one.</summary>
/// <remarks>As a text: <c>number of the server's key:fingerprint:fingerprint of the server's key:base64 of nonce, ciphertext and tag</c>. The fingerprint is bound to the ciphertext.</remarks>
public sealed class WrappedKey
{
    internal const int FingerprintChars = 16;
    internal const int BoxBytes = RecordEnvelope.NonceBytes + EncryptionKeys.KeyBytes + RecordEnvelope.TagBytes;

    internal WrappedKey(uint keyId, string fingerprint, string serverFingerprint, byte[] box) =>
        (KeyId, Fingerprint, ServerFingerprint, Box) = (keyId, fingerprint, serverFingerprint, box);

    /// <summary>Number of the server's key.</summary>
    public uint KeyId { get; }

    /// <summary>Tells the stream's key from others: 16 hexadecimal digits.</summary>
    public string Fingerprint { get; }

    /// <summary>Tells the server's key from others: 16 hexadecimal digits.</summary>
    public string ServerFingerprint { get; }

    internal byte[] Box { get; }

    /// <summary>Reads the text.</summary>
    /// <exception cref="EncryptionKeyException">It is none.</exception>
    public static WrappedKey Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var box = new byte[BoxBytes + 3]; // room to see that it is too long
        if (text.Split(':') is [var id, { Length: FingerprintChars } fingerprint, { Length: FingerprintChars } server, var content]
            && uint.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && Convert.TryFromBase64String(content, box, out var bytes) && bytes == BoxBytes)
            return new(number, fingerprint, server, box[..BoxBytes]);
        throw new EncryptionKeyException("The key of a stream is not what was stored of it.");
    }

    /// <summary>The text.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{KeyId}:{Fingerprint}:{ServerFingerprint}:{Convert.ToBase64String(Box)}");
}
