namespace Iggy.Examples.MarketAnalytics.Processing;

/// <summary>How unusual a value is beside those before it, in standard deviations: mean and variance with weights that fade, older values less and less.</summary>
/// <param name="Count">Values seen.</param>
/// <param name="Mean">Of them.</param>
/// <param name="Variance">Of them.</param>
internal readonly record struct MovingScore(int Count, double Mean, double Variance)
{
    private const int Memory = 60; // values; a minute of seconds
    private const int Warmup = 20;
    private const double Widest = 8; // what is further off is learned as this: one burst must not hide the next

    /// <summary>Deviations from the mean; 0 while too little is known.</summary>
    /// <param name="value">The value.</param>
    /// <param name="finest">The least deviation that is believed, so that a quiet time does not make everything unusual.</param>
    public double Of(double value, double finest) => Count < Warmup ? 0 : (value - Mean) / Deviation(finest);

    /// <summary>With one more value.</summary>
    public MovingScore With(double value, double finest)
    {
        if (Count == 0)
            return new(1, value, 0);
        var learned = Count < Warmup ? value : Math.Clamp(value, Mean - (Widest * Deviation(finest)), Mean + (Widest * Deviation(finest)));
        var weight = Math.Max(1d / Memory, 1d / (Count + 1));
        var difference = learned - Mean;
        return new(Math.Min(Count + 1, Memory), Mean + (weight * difference), (1 - weight) * (Variance + (weight * difference * difference)));
    }

    private double Deviation(double finest) => Math.Max(Math.Sqrt(Variance), finest);
}
