using System.Globalization;
using Coravel;
using Coravel.Scheduling.Schedule.Interfaces;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Sous.Plugins.Benchmarks.Scheduling.Peers;

/// <summary>Coravel, whose expressions have no seconds and which keeps all in memory.</summary>
internal sealed class CoravelPeer : ISchedulingPeer
{
    private readonly IHost _host;

    public CoravelPeer()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddScheduler();
        _host = builder.Build();
    }

    public Task RegisterAsync(int first, int count, DateTimeOffset at, Action<DateTimeOffset> due)
    {
        var cron = string.Create(CultureInfo.InvariantCulture, $"{at.Minute} {at.Hour} {at.Day} {at.Month} *");
        var scheduler = _host.Services.GetRequiredService<IScheduler>();
        for (var number = first; number < first + count; number++)
        {
            scheduler.Schedule(() => due(TimeProvider.System.GetUtcNow())).Cron(cron);
        }

        return Task.CompletedTask;
    }

    public Task StartAsync() => _host.StartAsync();

    public Task? EnqueueAsync(int count, Action done) => null;

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}
