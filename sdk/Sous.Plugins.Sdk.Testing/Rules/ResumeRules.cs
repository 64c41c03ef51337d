using System.Globalization;
using Sous.Plugins.Sdk.Testing.Bench;
using Sous.Plugins.Sdk.Testing.Calls;
using Sous.Plugins.Sdk.Testing.Wire;

namespace Sous.Plugins.Sdk.Testing.Rules;

/// <summary>A driver that is taken up again at a checkpoint goes on from just there.</summary>
internal static class ResumeRules
{
    private const int FewestPages = 3;
    private const int MostCheckpoints = 60;
    private const int Failures = 6;

    /// <summary>What was kept before a checkpoint and what comes after it are the whole, wherever that is.</summary>
    public static async Task LoseNothingAsync(Workbench bench, Findings findings, CancellationToken cancellationToken)
    {
        CheckSample(bench, findings);
        foreach (var run in bench.Streams)
        {
            foreach (var (page, resumed) in await ResumeAllAsync(bench, run, cancellationToken).ConfigureAwait(false))
            {
                findings.Try();
                findings.AddAll(Lost(run, run.Pages.Take(page), resumed).Select(said => $"The {run.Call.Name}, taken up after page {page} of {run.Pages.Count}, {said}."));
            }

            await FailAsync(bench, run, findings, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Nothing that was handed over before a checkpoint comes again after it, until the call has caught up: the next one may overlap it.</summary>
    public static async Task RepeatNothingAsync(Workbench bench, Findings findings, CancellationToken cancellationToken)
    {
        CheckSample(bench, findings);
        foreach (var run in bench.Streams)
        {
            var whole = run.Pages.SelectMany(page => page.Records).CountBy(record => record.Mark).ToDictionary();
            foreach (var (page, resumed) in (await ResumeAllAsync(bench, run, cancellationToken).ConfigureAwait(false)).Where(tried => tried.Page < run.Pages.Count))
            {
                findings.Try();
                var all = run.Pages.Take(page).Concat(resumed.Pages).SelectMany(view => view.Records).CountBy(record => record.Mark);
                var again = all.Where(record => record.Value > whole.GetValueOrDefault(record.Key)).Select(record => record.Key.Split(' ')[0]).ToList();
                if (again.Count > 0)
                {
                    findings.Add($"The {run.Call.Name}, taken up after page {page} of {run.Pages.Count}, handed over {again.Count} record(s) again ({string.Join(", ", again.Take(3))}).");
                }
            }
        }
    }

    /// <summary>The same state gives the same bytes, in pages of any size and however it is asked for: a host takes every difference for a change.</summary>
    public static async Task SameAgainAsync(Workbench bench, Findings findings, CancellationToken cancellationToken)
    {
        foreach (var run in bench.Working)
        {
            var session = bench.Open();
            await using (session.ConfigureAwait(false))
            {
                var call = run.Call.Resized?.Invoke((2 * bench.Service.PageSize) + 3) ?? run.Call;
                var again = await session.RunAsync(call, null, cancellationToken).ConfigureAwait(false);
                findings.Try();
                if (again.Failure is not null || PageView.Compare(run.State, PageView.StateOf(again.Pages)) is not null)
                {
                    findings.Add($"The {run.Call.Name}, made twice, gave {(again.Failure is { } failure ? CallOutcome.Describe(failure) : $"records {PageView.Compare(run.State, PageView.StateOf(again.Pages))}")} the second time.");
                }
            }
        }

        foreach (var part in bench.Working.Where(run => run.Call.PartOf is not null))
        {
            if (bench.Working.FirstOrDefault(run => run.Call.Name == part.Call.PartOf) is { } whole)
            {
                findings.Try();
                if (PageView.Compare(whole.State, part.State) is { } difference)
                {
                    findings.Add($"The {part.Call.Name} gives other records than the {whole.Call.Name}: {difference}.");
                }
            }
        }
    }

    private static void CheckSample(Workbench bench, Findings findings)
    {
        if (bench.Streams.Count == 0)
        {
            findings.NotApplicable("No stream could be fetched.");
        }
        else if (bench.Streams.All(run => run.Pages.Count < FewestPages))
        {
            findings.Add($"No stream took {FewestPages} pages: give the sample service more data, or a smaller PageSize.");
        }
    }

    private static async Task<IReadOnlyList<(int Page, CallOutcome Resumed)>> ResumeAllAsync(Workbench bench, CleanRun run, CancellationToken cancellationToken)
    {
        var tried = new List<(int, CallOutcome)>();
        var step = Math.Max(1.0, run.Pages.Count / (double)MostCheckpoints);
        for (var at = 1.0; at <= run.Pages.Count; at += step)
        {
            var page = at + step > run.Pages.Count ? run.Pages.Count : (int)at;
            var session = bench.Open();
            await using (session.ConfigureAwait(false))
            {
                tried.Add((page, await session.RunAsync(run.Call, run.Pages[page - 1].Next, cancellationToken, 2 * run.Pages.Count + 100).ConfigureAwait(false)));
            }
        }

        return tried;
    }

    private static IEnumerable<string> Lost(CleanRun run, IEnumerable<PageView> before, CallOutcome resumed)
    {
        if (resumed.Failure is { } failure)
        {
            yield return $"failed: {CallOutcome.Describe(failure)}";
            yield break;
        }

        var all = before.Concat(resumed.Pages).ToList();
        if (PageView.Compare(run.State, PageView.StateOf(all)) is { } difference)
        {
            yield return $"ended with records {difference}";
        }

        if (run.Pages.Any(page => page.Listing == Listing.End) && !all.Exists(page => page.Listing == Listing.End))
        {
            yield return "did not end the listing that it had begun";
        }
    }

    /// <summary>The service fails in the middle: what was handed over before stays good, and no checkpoint is past what was lost.</summary>
    private static async Task FailAsync(Workbench bench, CleanRun run, Findings findings, CancellationToken cancellationToken)
    {
        var fault = Fault.Status(new ServiceAnswer(503, "{}"));
        foreach (var place in Enumerable.Range(0, Failures).Select(i => i * run.Requests / Failures).Distinct())
        {
            CallOutcome broken, rest;
            var session = bench.Open(new FaultPlan(fault, place).InterceptAsync);
            await using (session.ConfigureAwait(false))
            {
                broken = await session.RunAsync(run.Call, null, cancellationToken).ConfigureAwait(false);
            }

            var next = bench.Open();
            await using (next.ConfigureAwait(false))
            {
                rest = broken.Failure is null ? broken with { Pages = [] } : await next.RunAsync(run.Call, broken.Pages.Count > 0 ? broken.Pages[^1].Next : null, cancellationToken).ConfigureAwait(false);
            }

            findings.Try();
            findings.AddAll(Lost(run, broken.Pages, rest).Select(said => string.Create(CultureInfo.InvariantCulture, $"The {run.Call.Name}, taken up after a failure of request {place + 1}, {said}.")));
        }
    }
}
