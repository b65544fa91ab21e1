using System.Globalization;
using System.Security.Cryptography;
using Iggy.Primitives;
using Iggy.Storage.Files;

namespace Iggy.Grains;

/// <summary><c>node.id</c>, a number in the data folder that stays its own: metadata outside the folder names it, so that another folder is not taken for it.</summary>
public static class NodeIdFile
{
    /// <summary>The file's name.</summary>
    public const string Name = "node.id";

    /// <summary>The number, 16 hexadecimal digits; made at the first call, with the folder.</summary>
    /// <param name="root">The data folder.</param>
    /// <exception cref="IOException">It cannot be read or written, or holds something else.</exception>
    public static string ReadOrCreate(string root)
    {
        OwnerOnly.HoldForNewFiles();
        Directory.CreateDirectory(root);
        var path = Path.Combine(root, Name);
        if (File.Exists(path))
        {
            var text = File.ReadAllText(path).Trim();
            return text.Length == 16 && ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _)
                ? text
                : throw new IOException($"{path} does not hold 16 hexadecimal digits.");
        }

        var made = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        AtomicFile.Write(path, made + "\n");
        return made;
    }
}
