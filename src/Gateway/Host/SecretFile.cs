using System.Security.Cryptography;
using Iggy.Primitives;

namespace Iggy.Gateway.Host;

/// <summary>A secret that the server makes once and keeps in a file that only its own user can read.</summary>
internal static class SecretFile
{
    /// <summary>Reads the secret, or makes it. It is on disk before it is returned, whole or not at all.</summary>
    /// <param name="path">The file; its folder is made, for the same user only.</param>
    /// <param name="bytes">How long the secret is.</param>
    /// <param name="replacing">Told the length of a file that is no such secret, before it is replaced.</param>
    /// <exception cref="IOException">It cannot be read or kept.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be read or kept.</exception>
    public static byte[] ReadOrMake(string path, int bytes, Action<long>? replacing = null)
    {
        if (File.Exists(path))
        {
            var length = new FileInfo(path).Length;
            if (length == bytes)
                return File.ReadAllBytes(path);
            replacing?.Invoke(length);
        }

        var folder = Path.GetDirectoryName(path)!;
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var made = RandomNumberGenerator.GetBytes(bytes);
        AtomicFile.Write(path, made, ownerOnly: true);
        return made;
    }
}
