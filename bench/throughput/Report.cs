namespace Iggy.Bench.Throughput;

/// <summary>What the run prints.</summary>
internal static class Report
{
    /// <summary>Measures what is compared with and the product in turn, so that drift of the machine hits both, and prints their ratio.</summary>
    public static void Ratio(string name, string unit, double perRequest, int rounds, Func<double> bare, Func<double> product, string beside = "the bare socket")
    {
        var (ratios, bareRates, productRates) = (new double[rounds], new double[rounds], new double[rounds]);
        for (var i = 0; i < rounds; i++)
        {
            bareRates[i] = bare() * perRequest;
            productRates[i] = product() * perRequest;
            ratios[i] = productRates[i] / bareRates[i];
        }
        Array.Sort(ratios);
        Array.Sort(bareRates);
        Array.Sort(productRates);
        Console.WriteLine($"{name,-36} {100 * ratios[rounds / 2],5:0} % of {beside} (min {100 * ratios[0]:0}, max {100 * ratios[^1]:0}); "
            + $"medians {productRates[rounds / 2]:0} and {bareRates[rounds / 2]:0} {unit}");
    }

    public static void Allocations(string name, double bytes) => Console.WriteLine($"{name,-36} {bytes,5:0} B allocated by the server per request");
}
