namespace Sous.Plugins.Host.Drivers.Egress.Budgets;

/// <summary>A call that waits for its turn.</summary>
internal sealed class CallWaiter(CallBudget budget, CallLine line, CallLane lane, ServiceEndpoint endpoint)
{
    private readonly TaskCompletionSource _turn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public CallLine Line => line;

    public CallLane Lane => lane;

    /// <summary>What it calls.</summary>
    public ServiceEndpoint Endpoint { get; set; } = endpoint;

    /// <summary>How many came into the line before it.</summary>
    public long Ticket { get; set; }

    /// <summary>Where it stands in its line.</summary>
    public LinkedListNode<CallWaiter>? Place { get; set; }

    public Task Turn => _turn.Task;

    /// <summary>Goes out of its line; false where it stands in none any more. Under the budget's lock.</summary>
    public bool Leave()
    {
        if (Place is not { List: { } list } place)
        {
            return false;
        }

        list.Remove(place);
        return true;
    }

    public void Grant() => _turn.TrySetResult();

    /// <summary>Leaves its line, where it still stands in one, and ends with the exception.</summary>
    public void GiveUp(Exception reason)
    {
        if (budget.Remove(this))
        {
            _turn.TrySetException(reason);
        }
    }
}
