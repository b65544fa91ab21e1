using System.Text;
using Iggy.Gateway.Host;
using Iggy.Grains.Interfaces.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace Iggy.Gateway.Http.Jwt;

/// <summary>The secrets that tokens are signed and checked with.</summary>
/// <remarks>When none is configured one is made and kept in the data folder, readable by the server's own user only: tokens outlive a restart.</remarks>
internal sealed partial class JwtKeys(IOptions<JwtOptions> options, DataDisk disk, ILogger<JwtKeys> logger)
{
    private const string FolderName = "secrets", FileName = "jwt.key";
    private const int MadeBytes = 64;  // what the longest of the hashes makes use of
    private const int LeastBytes = 64; // not below the block of any hash, which is filled up with zeros in any case
    private const int ShortBytes = 32; // less can be guessed by whoever has one token

    /// <summary>The secret that is made, which servers of a cluster share.</summary>
    public static SharedSecretFile Shared { get; } = new(FolderName + "/" + FileName, MadeBytes);

    private SymmetricSecurityKey? _signing, _checking;

    /// <summary>Reads or makes the secrets. Once, before anybody asks for a token.</summary>
    public void Load()
    {
        var (encoding, decoding) = (Read(options.Value.EncodingSecret), Read(options.Value.DecodingSecret));
        if (encoding is null && decoding is null)
            encoding = SecretFile.ReadOrMake(Made, MadeBytes, length => LogReplaced(logger, Made, length));
        else if ((encoding ?? decoding)!.Length < ShortBytes)
            LogShort(logger, ShortBytes);
        _signing = Key((encoding ?? decoding)!);
        _checking = Key((decoding ?? encoding)!);
    }

    /// <summary>For signing.</summary>
    public SymmetricSecurityKey Signing => _signing ?? throw new InvalidOperationException("The keys were not loaded.");

    /// <summary>For checking.</summary>
    public SymmetricSecurityKey Checking => _checking ?? throw new InvalidOperationException("The keys were not loaded.");

    private string Made => Path.Combine(disk.Path, FolderName, FileName);

    private byte[]? Read(string? secret) => string.IsNullOrEmpty(secret) ? null
        : options.Value.UseBase64Secret ? Convert.FromBase64String(secret)
        : Encoding.UTF8.GetBytes(secret);

    // A signature's hash pads short keys with zeros, so this changes nothing but that short ones are taken, as Apache Iggy takes them.
    private static SymmetricSecurityKey Key(byte[] secret)
    {
        if (secret.Length < LeastBytes)
            Array.Resize(ref secret, LeastBytes);
        return new SymmetricSecurityKey(secret);
    }

    [LoggerMessage(3210, LogLevel.Warning, "The secret for JWTs is shorter than {Least} bytes: it can be guessed from one token")]
    private static partial void LogShort(ILogger logger, int least);

    [LoggerMessage(3211, LogLevel.Warning, "{Path} has {Length} bytes and is no key of this server; a new one is made, and tokens given before are no longer good")]
    private static partial void LogReplaced(ILogger logger, string path, long length);
}
