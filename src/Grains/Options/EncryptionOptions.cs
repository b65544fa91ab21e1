using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Iggy.Storage.AtRest;
using Microsoft.Extensions.Options;

namespace Iggy.Grains.Options;

/// <summary>Encryption of messages on disk with AES-256-GCM. Section <c>Iggy:Encryption</c>. Names of streams, topics, users and the stored offsets stay in the clear.</summary>
public sealed class EncryptionOptions : IValidatableObject
{
    /// <summary>The section's name.</summary>
    public const string Section = "Iggy:Encryption";

    /// <summary>Whether messages are encrypted from now on. Default false. May be changed at any start; what is stored stays readable as long as its key is given.</summary>
    public bool Enabled { get; set; }

    /// <summary>The key that messages are written with: base64 of 32 random bytes, such as <c>openssl rand -base64 32</c> makes. Never shown. Needed when encryption is
    /// on; given without, old messages stay readable.</summary>
    public string? Key { get; set; }

    /// <summary>Number of <see cref="Key"/>, which each record names. A new key takes a new number. 0 to 4294967294, default 1.</summary>
    [Range(0, uint.MaxValue - 1)]
    public uint KeyId { get; set; } = 1;

    /// <summary>Keys of before, which old messages are read with: <c>number:base64</c>, more of them with commas between. Never shown.</summary>
    public string? OldKeys { get; set; }

    /// <summary>The keys as the log takes them. Streams may have keys of their own, which are kept encrypted with the one that messages are written with.</summary>
    /// <returns>Null when there are none.</returns>
    /// <exception cref="ArgumentException">They are not valid.</exception>
    internal EncryptionKeys? CreateKeys()
    {
        var keys = new List<KeyValuePair<uint, byte[]>>();
        if (!string.IsNullOrWhiteSpace(Key))
            keys.Add(new(KeyId, Decode(Key) ?? throw new ArgumentException(NotAKey(nameof(Key)))));
        foreach (var entry in (OldKeys ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (entry.Split(':', 2) is not [var id, var text] || !uint.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                throw new ArgumentException($"{Section}:{nameof(OldKeys)} is not as it should be; allowed: number:base64, more of them with commas between.");
            keys.Add(new(number, Decode(text) ?? throw new ArgumentException(NotAKey(nameof(OldKeys)))));
        }
        return keys.Count == 0 ? null : new EncryptionKeys(keys, Enabled ? KeyId : null);
    }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Enabled && string.IsNullOrWhiteSpace(Key))
            return [new ValidationResult($"{Section}:{nameof(Key)} is missing, but {Section}:{nameof(Enabled)} is true. {NotAKey(nameof(Key))}", [nameof(Key)])];
        try
        {
            CreateKeys();
            return [];
        }
        catch (ArgumentException wrong) // says which and what is allowed, never the key
        {
            return [new ValidationResult(wrong.Message, [nameof(Key), nameof(OldKeys)])];
        }
    }

    private static string NotAKey(string name) => $"{Section}:{name} takes base64 of {EncryptionKeys.KeyBytes} bytes.";

    private static byte[]? Decode(string text)
    {
        var key = new byte[EncryptionKeys.KeyBytes + 2]; // room to see that a key is too long
        return Convert.TryFromBase64String(text.Trim(), key, out var bytes) && bytes == EncryptionKeys.KeyBytes ? key[..bytes] : null;
    }
}

[OptionsValidator]
internal sealed partial class EncryptionOptionsValidator : IValidateOptions<EncryptionOptions>;
