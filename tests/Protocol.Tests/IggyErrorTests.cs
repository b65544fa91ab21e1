using System.Globalization;

namespace Iggy.Protocol.Tests;

public class IggyErrorTests
{
    // Goal: the enum and the table of the release are the same set. Copies drift, so both directions are compared.
    [Fact]
    public void Codes_ComparedWithTheReleasesTable_AreTheSame()
    {
        var release = Vectors.Lines("error-codes.txt");
        var table = release.Concat(Vectors.Lines("error-codes-newer.txt")).OrderBy(line => uint.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture));
        var codes = Enum.GetValues<IggyError>().Where(error => error is not IggyError.None)
            .Select(error => string.Create(CultureInfo.InvariantCulture, $"{(uint)error} {error}"));
        Assert.Equal(223, release.Length);
        Assert.Equal(table, codes);
    }
}
