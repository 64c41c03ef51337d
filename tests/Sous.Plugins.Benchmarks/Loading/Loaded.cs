using System.Globalization;

namespace Sous.Plugins.Benchmarks.Loading;

/// <summary>What loading a number of drivers took in a process of its own.</summary>
/// <param name="Elapsed">By the clock.</param>
/// <param name="Processor">On all cores.</param>
/// <param name="PrivateKilobytes">By how much the process's own memory grew.</param>
internal readonly record struct Loaded(TimeSpan Elapsed, TimeSpan Processor, long PrivateKilobytes)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Elapsed.Ticks} {Processor.Ticks} {PrivateKilobytes}");

    public static Loaded Parse(string text) => text.Split(' ') is [var elapsed, var processor, var memory]
        ? new Loaded(TimeSpan.FromTicks(Number(elapsed)), TimeSpan.FromTicks(Number(processor)), Number(memory))
        : throw new FormatException($"'{text}' is no measure.");

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
