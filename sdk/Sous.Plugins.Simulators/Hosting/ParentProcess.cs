namespace Sous.Plugins.Simulators.Hosting;

/// <summary>The process that started this one and holds its stdin.</summary>
internal static class ParentProcess
{
    /// <summary>Ends when stdin closes, as it does however the parent ends, or when told to stop.</summary>
    public static async Task GoneAsync(CancellationToken stop)
    {
        var told = new TaskCompletionSource();
        using var registration = stop.Register(told.SetResult);

        // A blocked read of stdin takes no cancellation, so it is left behind.
        var closed = Task.Run(DrainAsync, CancellationToken.None);
        await Task.WhenAny(closed, told.Task).ConfigureAwait(false);
    }

    private static async Task DrainAsync()
    {
        var input = Console.OpenStandardInput();
        var buffer = new byte[256];
        while (await input.ReadAsync(buffer).ConfigureAwait(false) > 0)
        {
        }
    }
}
