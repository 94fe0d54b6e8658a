//! What must hold of a market whatever its traders do. Each law is tried on random walks of orders by several traders
//! over two markets that share their purses.

use std::collections::BTreeMap;

use bellwether_core::{
    actor::Actor,
    ids::ClaimId,
    market::{
        Account, Action, Credits, Ending, Market, Order, Position, Posting, Purse, Purses, Quote, Refusal,
        Settled, Shares, Side, Terms, Trade, Unbalanced, Unsettled, positions, reopen, settle, transfers,
    },
    people::Handle,
};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use uuid::Uuid;

const NAMES: [&str; 4] = ["ada", "bob", "cat", "dee"];

fn holder(i: usize) -> Actor {
    Actor::Person(Handle::new(NAMES[i % NAMES.len()]).expect("a handle"))
}

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).expect("a real instant")
}

/// A market and its history.
#[derive(Clone, Debug)]
struct Stall {
    claim: ClaimId,
    sponsor: Actor,
    market: Market,
    trades: Vec<Trade>,
    settled: Option<Vec<Posting>>,
}

/// Purses and two markets.
#[derive(Clone, Debug)]
struct Town {
    purses: Purses,
    stalls: Vec<Stall>,
    hour: i64,
}

impl Town {
    fn new(terms: Vec<Terms>) -> Self {
        let mut town = Self { purses: Purses::new(), stalls: Vec::new(), hour: 0 };
        for i in 0..NAMES.len() {
            let grant = transfers::grant(&holder(i), Credits::whole(1000).expect("small")).expect("balanced");
            town.post(&grant);
        }
        for (i, terms) in terms.into_iter().enumerate() {
            let (claim, sponsor) = (ClaimId(Uuid::from_u128(i as u128 + 1)), holder(i));
            let subsidy = terms.subsidy().expect("small");
            let lines = transfers::subsidise(claim, &sponsor, subsidy, town.purses.clone());
            town.post(&lines.expect("a grant covers it"));
            let (market, trades) = (Market::open(terms), Vec::new());
            town.stalls.push(Stall { claim, sponsor, market, trades, settled: None });
        }
        town
    }

    /// Applies a transaction, and looks at the books.
    fn post(&mut self, lines: &[Posting]) {
        assert_eq!(Credits::sum(lines.iter().map(|l| l.amount)), Ok(Credits::ZERO), "{lines:?}");
        for line in lines {
            let purse = self.purses.entry(line.account.clone()).or_default();
            *purse = purse.after(line).expect("small");
        }
        for (account, purse) in &self.purses {
            assert!(*account == Account::Treasury || purse.balance >= Credits::ZERO, "{account}: {purse:?}");
            assert!(purse.debt >= Credits::ZERO, "{account}: {purse:?}");
        }
        let all = Credits::sum(self.purses.values().map(|p| p.balance)).expect("small");
        assert_eq!(all, Credits::ZERO);
    }

    fn held(&self, stall: usize, who: &Actor) -> Position {
        let stall = &self.stalls[stall];
        let n = stall.market.terms().options();
        positions(n, &stall.trades).expect("small").remove(who).unwrap_or_else(|| Position::none(n))
    }

    /// Quotes an order and takes it; `None` where it is refused or not affordable.
    fn trade(&mut self, stall: usize, who: &Actor, order: &Order) -> Option<Quote> {
        let held = self.held(stall, who);
        self.hour += 1;
        let at = noon() + TimeDelta::hours(self.hour);
        let here = &mut self.stalls[stall];
        let quote = here.market.quote(order, &held).ok()?;
        assert_eq!(here.market.quote(order, &held), Ok(quote), "a quote is what it was");
        let lines = match transfers::trade(here.claim, who, &quote, self.purses.clone()) {
            Err(Unbalanced::Short { .. }) => return None,
            lines => lines.expect("small"),
        };
        here.market = here.market.after(&quote).expect("small");
        let Quote { option, side, action, shares, cash, .. } = quote;
        let seq = i64::try_from(here.trades.len()).unwrap() + 1;
        here.trades.push(Trade { seq, holder: who.clone(), at, option, side, action, shares, cash });
        self.post(&lines);
        Some(quote)
    }

    fn settle(&mut self, stall: usize, ending: &Ending, effective: Option<DateTime<Utc>>) -> Settled {
        let here = &self.stalls[stall];
        let unsettled = Unsettled {
            claim: here.claim,
            terms: here.market.terms(),
            sponsor: &here.sponsor,
            subsidy: here.market.terms().subsidy().expect("small"),
            trades: &here.trades,
        };
        let settled = settle(unsettled, ending, effective, self.purses.clone()).expect("it can be settled");
        self.post(&settled.postings);
        self.stalls[stall].settled = Some(settled.postings.clone());
        settled
    }

    fn reopen(&mut self, stall: usize) {
        let lines = self.stalls[stall].settled.take().expect("it was settled");
        let back = reopen(&lines, self.purses.clone()).expect("it can be taken back");
        self.post(&back);
    }

    fn cash(&self, stall: usize) -> Credits {
        self.purses.get(&Account::Market(self.stalls[stall].claim)).map_or(Credits::ZERO, |p| p.balance)
    }

    /// What everyone holds less what they owe: what settling, taking back and settling anew may not change.
    fn net(&self) -> BTreeMap<Account, Credits> {
        let holders = self.purses.iter().filter(|(a, _)| matches!(a, Account::Holder(_)));
        holders.map(|(a, p)| (a.clone(), p.balance.minus(p.debt).expect("small"))).collect()
    }

    /// The house's promises, after every trade.
    fn check(&self, stall: usize) {
        let (here, cash) = (&self.stalls[stall], self.cash(stall).to_f64());
        let prices = here.market.prices();
        let sum: f64 = prices.iter().sum();
        assert!((sum - 1.0).abs() < 1e-12 && prices.iter().all(|p| *p > 0.0 && *p < 1.0), "{prices:?}");
        let floor = here.market.terms().floor();
        assert!(prices.iter().all(|p| *p >= floor * (1.0 - 1e-6)), "{prices:?} {floor}");
        assert!(cash >= here.market.needed() - 1e-9, "{cash} {}", here.market.needed());
        let replayed = Market::replay(here.market.terms().clone(), &here.trades).expect("small");
        assert_eq!(replayed, here.market, "the market is what its trades add up to");
        for outstanding in here.market.outstanding() {
            // So the house never loses more than its subsidy.
            assert!(self.cash(stall).micro() >= outstanding.micro(), "whoever wins can be paid");
        }
    }
}

#[derive(Clone, Debug)]
struct Try {
    stall: usize,
    who: usize,
    option: usize,
    no: bool,
    kind: u8,
    micro: i64,
    part: f64,
}

impl Try {
    fn order(&self, town: &Town) -> (usize, Actor, Order) {
        let stall = self.stall % town.stalls.len();
        let (who, n) = (holder(self.who), town.stalls[stall].market.terms().options());
        let (option, side) = (self.option % n, if self.no { Side::No } else { Side::Yes });
        let stake = Credits::from_micro(self.micro);
        let order = match self.kind % 4 {
            0 | 1 => Order::Buy { option, side, stake },
            2 => Order::ToPrice { option, target: 0.001 + 0.998 * self.part, budget: stake },
            _ => {
                let held = town.held(stall, &who).of(option, side).micro();
                let shares = Shares::from_micro(if self.part > 0.5 { held } else { held / 3 });
                Order::Sell { option, side, shares }
            }
        };
        (stall, who, order)
    }
}

fn tries(most: usize) -> impl Strategy<Value = Vec<Try>> {
    let stakes = prop_oneof![1..50_i64, 1_000..1_000_000_i64, 1_000_000..900_000_000_i64];
    let one = (0..2_usize, 0..4_usize, 0..6_usize, any::<bool>(), any::<u8>(), stakes, 0.0..=1.0_f64);
    let one = one.prop_map(|(stall, who, option, no, kind, micro, part)| Try {
        stall,
        who,
        option,
        no,
        kind,
        micro,
        part,
    });
    proptest::collection::vec(one, 0..most)
}

fn terms() -> impl Strategy<Value = Terms> {
    let b = prop_oneof![1_000_000..5_000_000_i64, 20_000_000..200_000_000_i64];
    let binary =
        (b.clone(), 0.01..0.99_f64).prop_map(|(b, p)| Terms::new(Credits::from_micro(b), &[p, 1.0 - p]));
    let many = (b, proptest::collection::vec(0.05..1.0_f64, 3..7)).prop_map(|(b, w)| {
        let sum: f64 = w.iter().sum();
        Terms::new(Credits::from_micro(b), &w.iter().map(|w| w / sum).collect::<Vec<_>>())
    });
    prop_oneof![binary, many].prop_map(|t| t.expect("in range"))
}

fn towns() -> impl Strategy<Value = Town> {
    (terms(), terms()).prop_map(|(a, b)| Town::new(vec![a, b]))
}

fn walk(town: &mut Town, tries: &[Try]) {
    for one in tries {
        let (stall, who, order) = one.order(town);
        if town.trade(stall, &who, &order).is_some() {
            town.check(stall);
        }
    }
}

fn ending(kind: usize, n: usize) -> Ending {
    match kind % (n + 2) {
        k if k < n => Ending::Winner(k),
        k if k == n => {
            let many = u32::try_from(n).unwrap();
            let mut parts = vec![1_000_000 / many; n];
            parts[0] += 1_000_000 % many;
            Ending::Parts(parts)
        }
        _ => Ending::Void,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Laws 1, 2 and 4: every transaction sums to zero, nobody falls below it, the house can always pay and never loses
    /// more than its subsidy; prices are prices. Looked at after every step, and after every way the market can end.
    #[test]
    fn money_is_neither_made_nor_lost(start in towns(), tries in tries(40), last in 0..9_usize) {
        let mut town = start;
        walk(&mut town, &tries);
        for stall in 0..2 {
            let n = town.stalls[stall].market.terms().options();
            let treasury = town.purses[&Account::Treasury].balance;
            let settled = town.settle(stall, &ending(last + stall, n), None);
            prop_assert_eq!(town.cash(stall), Credits::ZERO, "nothing stays behind");
            prop_assert!(settled.returned >= Credits::ZERO && settled.dust >= Credits::ZERO);
            if ending(last + stall, n) != Ending::Void {
                prop_assert!(settled.dust.micro() <= 2 * i64::try_from(tries.len()).unwrap() + 3, "dust is dust: {}", settled.dust);
                // Without debts, the treasury only ever gains dust.
                prop_assert_eq!(town.purses[&Account::Treasury].balance, treasury.plus(settled.dust).unwrap());
            }
        }
    }

    /// Law 3: buying and selling again never gains.
    #[test]
    fn a_round_trip_never_gains(start in towns(), tries in tries(12), then in tries(6)) {
        let mut town = start;
        walk(&mut town, &tries);
        for one in then {
            let (stall, who, order) = one.order(&town);
            if matches!(order, Order::Sell { .. }) { continue }
            let before = town.clone();
            let Some(bought) = town.trade(stall, &who, &order) else { continue };
            let Quote { option, side, shares, cash, .. } = bought;
            if let Some(sold) = town.trade(stall, &who, &Order::Sell { option, side, shares }) {
                prop_assert!(sold.cash <= cash, "{bought:?} {sold:?}");
            }
            town = before;
        }
    }

    /// Law 3: the same shares in parts never cost less than at once by more than a millionth a part.
    #[test]
    fn splitting_never_gains(start in towns(), tries in tries(8), one in tries(2), parts in 2..12_i64) {
        let mut town = start;
        walk(&mut town, &tries);
        for one in one {
            let (stall, who, order) = one.order(&town);
            let Order::Buy { option, side, stake } = order else { continue };
            let market = &town.stalls[stall].market;
            let none = Position::none(market.terms().options());
            let Ok(whole) = market.quote(&order, &none) else { continue };
            let (mut market, mut cost, mut shares) = (market.clone(), 0, 0);
            for _ in 0..parts {
                let stake = Credits::from_micro(stake.micro() / parts);
                let Ok(part) = market.quote(&Order::Buy { option, side, stake }, &none) else { break };
                (cost, shares) = (cost + part.cash.micro(), shares + part.shares.micro());
                market = market.after(&part).unwrap();
            }
            // What the parts bought would have cost at once, less a millionth for each.
            let start = &town.stalls[stall].market;
            let at_once = start.maker().cost_of(option, side, shares as f64 / 1e6) * 1e6;
            prop_assert!(cost as f64 >= at_once - 1.0, "{who}: {cost} {at_once} {whole:?}");
        }
    }

    /// Law 4: a higher stake never gets fewer shares or a lower price, and never a better average.
    #[test]
    fn the_price_rises_with_the_stake(start in towns(), tries in tries(8), a in 1_000..500_000_000_i64, b in 1_000..500_000_000_i64) {
        let mut town = start;
        walk(&mut town, &tries);
        let market = &town.stalls[0].market;
        let none = Position::none(market.terms().options());
        let quote = |micro| market.quote(&Order::Buy { option: 0, side: Side::Yes, stake: Credits::from_micro(micro) }, &none);
        if let (Ok(low), Ok(high)) = (quote(a.min(b)), quote(a.max(b))) {
            prop_assert!(low.shares <= high.shares && low.cash <= high.cash);
            prop_assert!(low.price_after <= high.price_after && low.price_after >= low.price_before);
            prop_assert!(low.average() <= high.average() + 2.0 / low.shares.micro() as f64);
        }
    }

    /// Law 5: settling twice is settling once; taking a settlement back restores every balance and every position;
    /// settling otherwise afterwards is settling otherwise at once.
    #[test]
    fn a_settlement_can_be_taken_back(start in towns(), tries in tries(30), first in 0..9_usize, second in 0..9_usize, cut in 0..30_i64) {
        let mut town = start;
        walk(&mut town, &tries);
        let n = town.stalls[0].market.terms().options();
        let effective = Some(noon() + TimeDelta::hours(cut));
        let before = town.clone();
        let once = town.settle(0, &ending(first, n), effective);
        let mut again = before.clone();
        prop_assert_eq!(&again.settle(0, &ending(first, n), effective), &once);
        town.reopen(0);
        prop_assert_eq!(&town.purses, &before.purses);
        prop_assert_eq!(town.held(0, &holder(1)), before.held(0, &holder(1)));
        let mut directly = before.clone();
        prop_assert_eq!(town.settle(0, &ending(second, n), None), directly.settle(0, &ending(second, n), None));
        prop_assert_eq!(town.purses, directly.purses);
    }

    /// Law 5 with money spent in between: nobody falls below zero, what is missing is owed, and holdings less debts are
    /// what they would have been.
    #[test]
    fn what_was_spent_meanwhile_is_owed(start in towns(), tries in tries(30), between in tries(20), first in 0..9_usize, second in 0..9_usize) {
        let mut town = start;
        walk(&mut town, &tries);
        let n = town.stalls[0].market.terms().options();
        let (first, second) = (ending(first, n), ending(second, n));
        if first == Ending::Void || second == Ending::Void { return Ok(()) }
        let undisturbed = town.clone();
        town.settle(0, &first, None);
        let mut elsewhere = Vec::new();
        for one in &between {
            let one = Try { stall: 1, ..one.clone() };
            let (stall, who, order) = one.order(&town);
            if let Some(quote) = town.trade(stall, &who, &order) { elsewhere.push((who, quote.paid())) }
        }
        town.reopen(0);
        town.settle(0, &second, None);
        let mut expected = undisturbed;
        expected.settle(0, &second, None);
        let mut net = expected.net();
        for (who, paid) in elsewhere {
            let purse = net.get_mut(&Account::Holder(who)).unwrap();
            *purse = purse.minus(paid).unwrap();
        }
        prop_assert_eq!(town.net(), net);
    }

    /// Law 6: trades after the event are taken back, the last first, and everyone is paid as if they had never been.
    #[test]
    fn late_trades_are_taken_back(start in towns(), tries in tries(30), cut in 0..30_i64, last in 0..6_usize) {
        let mut town = start;
        let event = noon() + TimeDelta::hours(cut);
        walk(&mut town, &tries);
        let late = |t: &&Trade| t.at > event;
        let here = town.stalls[0].clone();
        let numbers: Vec<i64> = here.trades.iter().filter(late).map(|t| t.seq).rev().collect();
        let kept: Vec<Trade> = here.trades.iter().filter(|t| !late(t)).cloned().collect();
        let ending = Ending::Winner(last % here.market.terms().options());
        let mut net = town.net();
        let settled = town.settle(0, &ending, Some(event));
        prop_assert_eq!(&settled.reversed, &numbers);
        // As if the late trades had never been.
        let subsidy = here.market.terms().subsidy().unwrap();
        let (claim, terms, sponsor) = (here.claim, here.market.terms(), &here.sponsor);
        let early = Unsettled { claim, terms, sponsor, subsidy, trades: &kept };
        let mut plenty = Purses::new();
        plenty.insert(Account::Market(claim), Purse { balance: Credits::whole(1_000_000).unwrap(), debt: Credits::ZERO });
        let never = settle(early, &ending, None, plenty).unwrap();
        prop_assert_eq!((&settled.paid, settled.returned, settled.dust), (&never.paid, never.returned, never.dust));
        let mut get = |who: &Actor, amount: Credits| {
            let sum = net.get_mut(&Account::Holder(who.clone())).unwrap();
            *sum = sum.plus(amount).unwrap();
        };
        for trade in here.trades.iter().filter(late) { get(&trade.holder, trade.paid()) }
        for (who, amount) in &settled.paid { get(who, *amount) }
        get(sponsor, settled.returned);
        prop_assert_eq!(town.net(), net);
    }

    /// Law 7: a quote that was shown is refused only when the price became worse than allowed.
    #[test]
    fn a_stale_quote_is_refused(start in towns(), one in tries(3), between in tries(4)) {
        let mut town = start;
        for one in one {
            let (stall, who, order) = one.order(&town);
            let held = town.held(stall, &who);
            let Ok(shown) = town.stalls[stall].market.quote(&order, &held) else { continue };
            let expected = bellwether_core::market::Expected { average: shown.average(), slippage: 0.0 };
            prop_assert_eq!(shown.check(expected), Ok(()), "nothing intervened");
            walk(&mut town, &between);
            let held = town.held(stall, &who);
            if let Ok(now) = town.stalls[stall].market.quote(&order, &held) {
                let worse = match now.action {
                    Action::Buy => now.average() - shown.average(),
                    Action::Sell => shown.average() - now.average(),
                };
                let same_side = now.side == shown.side;
                let refused = matches!(now.check(expected), Err(Refusal::Moved { .. }));
                if same_side && worse > 1e-3 && now.shares.micro() > 10_000 { prop_assert!(refused) }
                if worse <= 0.0 { prop_assert!(!refused) }
            }
        }
    }

    /// Law 2 and the policy of a void: everyone gets back what they paid; a profit already taken is taken back as far as
    /// the balance reaches.
    #[test]
    fn a_void_refunds(start in towns(), tries in tries(30)) {
        let mut town = start;
        walk(&mut town, &tries);
        let n = town.stalls[0].market.terms().options();
        let held = positions(n, &town.stalls[0].trades).unwrap();
        let before = town.purses.clone();
        let settled = town.settle(0, &Ending::Void, None);
        for (who, position) in held {
            let net = position.net_paid().unwrap();
            let has: Purse = before[&Account::Holder(who.clone())];
            let owed = Credits::from_micro(net.micro().max(-has.balance.micro()));
            prop_assert_eq!(settled.paid[&who], owed);
        }
        prop_assert!(settled.returned <= town.stalls[0].market.terms().subsidy().unwrap());
    }
}

#[test]
fn an_order_is_filled_up_to_the_end_of_what_is_traded() {
    let market = Market::open(Terms::uniform(Credits::whole(100).unwrap(), 2).unwrap());
    let none = Position::none(2);
    let stake = Credits::whole(100_000).unwrap();
    let quote = market.quote(&Order::Buy { option: 0, side: Side::Yes, stake }, &none).unwrap();
    assert_eq!(quote.bound, Some(bellwether_core::market::Bound::Cap));
    assert!((quote.price_after - 0.999).abs() < 1e-9 && quote.price_after <= 0.999, "{quote:?}");
    // 100 ln(0.5 / 0.001)
    assert!((quote.cash.to_f64() - 621.460_810).abs() < 1e-5, "{quote:?}");
    let full = market.after(&quote).unwrap();
    let more = full.quote(&Order::Buy { option: 0, side: Side::Yes, stake }, &none);
    assert!(matches!(more, Err(Refusal::AtTheCap { .. } | Refusal::TooSmall)), "{more:?}");
    let down = full.quote(&Order::Buy { option: 0, side: Side::No, stake }, &none).unwrap();
    assert!(down.price_after >= 0.001 && down.price_after < 0.001_000_1, "{down:?}");
}

#[test]
fn a_bet_to_a_probability_stops_there_or_at_the_budget() {
    let market = Market::open(Terms::uniform(Credits::whole(100).unwrap(), 2).unwrap());
    let none = Position::none(2);
    let to = |target, budget| {
        let budget = Credits::whole(budget).unwrap();
        market.quote(&Order::ToPrice { option: 0, target, budget }, &none)
    };
    let enough = to(0.7, 500).unwrap();
    assert!((enough.price_after - 0.7).abs() < 1e-6 && enough.bound.is_none(), "{enough:?}");
    // 100 ln(0.5 / 0.3)
    assert!((enough.cash.to_f64() - 51.082_562).abs() < 1e-5, "{enough:?}");
    let short = to(0.7, 20).unwrap();
    assert!(short.price_after < 0.7 && short.cash <= Credits::whole(20).unwrap(), "{short:?}");
    assert_eq!(short.bound, Some(bellwether_core::market::Bound::Budget));
    let down = to(0.3, 500).unwrap();
    assert_eq!(down.side, Side::No);
    assert!((down.price_after - 0.3).abs() < 1e-6, "{down:?}");
    assert_eq!(to(0.5, 5), Err(Refusal::Reached));
    assert!(matches!(to(1.0, 5), Err(Refusal::Target(_))));
}

#[test]
fn the_subsidy_is_what_the_house_can_lose() {
    let hundred = Credits::whole(100).unwrap();
    // Those of 50 %, of 10 %, of five alike: 69, 230, 161 credits.
    for (opening, credits) in [(vec![0.5, 0.5], 69), (vec![0.1, 0.9], 230), (vec![0.2; 5], 160)] {
        let subsidy = Terms::new(hundred, &opening).unwrap().subsidy().unwrap();
        assert_eq!(subsidy.micro() / 1_000_000, credits);
    }
    assert_eq!(Terms::new(hundred, &[0.5, 0.5]).unwrap().subsidy().unwrap().micro(), 69_314_719);
}

#[test]
fn terms_are_checked() {
    let hundred = Credits::whole(100).unwrap();
    for bad in [&[0.5_f64, 0.6][..], &[1.0], &[0.0, 1.0], &[f64::NAN, 0.5], &[0.0005, 0.9995]] {
        assert!(Terms::new(hundred, bad).is_err(), "{bad:?}");
    }
    assert!(Terms::uniform(Credits::from_micro(999_999), 2).is_err());
    assert!(Terms::uniform(Credits::whole(1_000_001).unwrap(), 2).is_err());
    assert!(Terms::new(hundred, &[0.001, 0.999]).is_ok());
}
