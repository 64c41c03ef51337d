namespace Sous.Plugins.Host.Backup;

/// <summary>Starts a service of the host that works by itself: with the host, or, in a restored copy, once that is adopted.</summary>
internal sealed class AfterAdoption<T>(T inner, Adoption adoption) : BackgroundService
    where T : class, IHostedService
{
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (await adoption.FindWaitingAsync(cancellationToken) is null)
        {
            await StartInnerAsync(cancellationToken);
        }
        else
        {
            adoption.WhenAdopted(() => StartInnerAsync(CancellationToken.None));
        }

        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await inner.StopAsync(cancellationToken);
        await base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await _started.Task.WaitAsync(stoppingToken);

        // A service that fails ends the host, and the host looks at this one alone.
        if (inner is BackgroundService { ExecuteTask: { } running })
        {
            await running;
        }
    }

    private async Task StartInnerAsync(CancellationToken cancellationToken)
    {
        await inner.StartAsync(cancellationToken);
        _started.SetResult();
    }
}
