using Iggy.Storage.AtRest;

namespace Iggy.Storage.Tests;

/// <summary>The data folder knows its keys: a start with others is refused, and says why.</summary>
public sealed class EncryptionKeyRegisterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("iggy-keys-").FullName;

    private string FilePath => Path.Combine(_folder, "encryption.keys");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Check_WithoutEncryption_WritesNothing()
    {
        EncryptionKeyRegister.Check(_folder, null);
        EncryptionKeyRegister.Check(_folder, Keys(null, (1, 1)));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Check_KeysAddedAndSwitchedOff_AreTaken()
    {
        EncryptionKeyRegister.Check(_folder, Keys(1, (1, 1)));
        EncryptionKeyRegister.Check(_folder, Keys(1, (1, 1)));
        EncryptionKeyRegister.Check(_folder, Keys(2, (1, 1), (2, 2)));
        EncryptionKeyRegister.Check(_folder, Keys(null, (2, 2), (1, 1), (3, 3)));
        Assert.Equal(["1", "2"], File.ReadAllLines(FilePath).Select(line => line.Split(' ')[0]));
        Assert.Equal([FilePath], Directory.GetFiles(_folder));
    }

    [Fact]
    public void Check_MissingKey_IsRefusedAndNamed()
    {
        EncryptionKeyRegister.Check(_folder, Keys(1, (1, 1)));
        Assert.Contains("key 1, which is not given", Refused(null), StringComparison.Ordinal);
        Assert.Contains("key 1, which is not given", Refused(Keys(2, (2, 2))), StringComparison.Ordinal);
        Assert.Single(File.ReadAllLines(FilePath)); // the refused start noted nothing
        File.Delete(FilePath);
        EncryptionKeyRegister.Check(_folder, null); // as the message says
    }

    [Fact]
    public void Check_AnotherKeyUnderTheSameId_IsRefused()
    {
        EncryptionKeyRegister.Check(_folder, Keys(1, (1, 1)));
        Assert.Contains("another key 1 than the one given", Refused(Keys(1, (1, 2))), StringComparison.Ordinal);
        Assert.Contains("another key 1 than the one given", Refused(Keys(null, (1, 2))), StringComparison.Ordinal);
        EncryptionKeyRegister.Check(_folder, Keys(1, (1, 1)));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("x 00")]
    [InlineData("1 00 00")]
    public void Check_UnreadableFile_IsRefused(string text)
    {
        File.WriteAllText(FilePath, text);
        Assert.Contains(FilePath, Refused(Keys(1, (1, 1))), StringComparison.Ordinal);
    }

    [Fact]
    public void File_GivesNothingOfTheKeyAway()
    {
        EncryptionKeyRegister.Check(_folder, Keys(1, (1, 9)));
        var text = File.ReadAllText(FilePath);
        Assert.DoesNotContain("0909", text, StringComparison.Ordinal);
        Assert.Equal(1 + 1 + 32 + 1, text.Length);
    }

    private string Refused(EncryptionKeys? keys) => Assert.Throws<EncryptionKeyException>(() => EncryptionKeyRegister.Check(_folder, keys)).Message;

    private static EncryptionKeys Keys(uint? active, params (uint Id, byte Seed)[] keys) =>
        new(keys.Select(key => KeyValuePair.Create(key.Id, Enumerable.Repeat(key.Seed, 32).ToArray())), active);
}
