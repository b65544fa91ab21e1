using System.Globalization;
using System.Text;
using Iggy.Primitives;

namespace Iggy.Storage.AtRest;

/// <summary>The keys given do not fit what was written before. The message says what to do.</summary>
public sealed class EncryptionKeyException(string message) : IOException(message);

/// <summary>
/// Remembers in a data folder which keys records were written with, so that a wrong or missing key is known at the start and not when somebody
/// reads. The file <c>encryption.keys</c> holds one line for each: its id, and a mark that tells keys apart and gives nothing of them away.
/// </summary>
public static class EncryptionKeyRegister
{
    private const string FileName = "encryption.keys";

    /// <summary>Where a data folder has it.</summary>
    public static string PathIn(string folder) => Path.Combine(folder, FileName);

    /// <summary>Compares the keys with those used before, and notes the one that is going to be used. To be called before any log is opened.</summary>
    /// <param name="folder">The data folder, held by the caller.</param>
    /// <param name="keys">Null when there are none.</param>
    /// <exception cref="EncryptionKeyException">A key that was used is missing, or is another one now; or the file is not readable.</exception>
    /// <exception cref="IOException">The file cannot be read or written.</exception>
    public static void Check(string folder, EncryptionKeys? keys)
    {
        var path = Path.Combine(folder, FileName);
        var marks = Read(path);
        foreach (var (id, mark) in marks)
        {
            if (keys is null || !keys.Ids.Contains(id))
            {
                throw new EncryptionKeyException($"Messages in {folder} were encrypted with the key {id}, which is not given. "
                    + $"If none of them is left, remove the line of this key from {path}.");
            }
            if (keys.Mark(id) != mark)
            {
                throw new EncryptionKeyException($"Messages in {folder} were encrypted with another key {id} than the one given. "
                    + "A new key needs an id of its own, and the old one is kept to read what it wrote.");
            }
        }
        if (keys?.ActiveKeyId is { } active && marks.TryAdd(active, keys.Mark(active)))
            Write(path, marks);
    }

    private static SortedDictionary<uint, string> Read(string path)
    {
        var marks = new SortedDictionary<uint, string>();
        if (!File.Exists(path))
            return marks;
        foreach (var line in File.ReadLines(path))
        {
            if (line.Length == 0)
                continue;
            if (line.Split(' ') is not [var id, var mark] || !uint.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                throw new EncryptionKeyException($"{path} holds a line that is not the id and the mark of a key; it says which keys the messages need.");
            marks[number] = mark;
        }
        return marks;
    }

    // On disk under its name before the first record: else a start with a wrong key could pass.
    private static void Write(string path, SortedDictionary<uint, string> marks)
    {
        var text = new StringBuilder();
        foreach (var (id, mark) in marks)
            text.Append(CultureInfo.InvariantCulture, $"{id} {mark}\n");
        AtomicFile.Write(path, text.ToString());
    }
}
